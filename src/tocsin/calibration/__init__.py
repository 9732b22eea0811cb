"""Is the filter as good as it says? Seeded runs over the reference flights, through the door and the real pictures.

``reference`` flights and sensors; ``cases`` what flies; ``door`` plots as admitted detections; ``observing`` one
picture beside the truth; ``runs`` one run; ``results`` and ``statistics`` its figures; ``report`` the page of them.
``gains`` flies launches of the record with and without peers; ``gain_page`` tells of it; ``charts`` draws.
"""
