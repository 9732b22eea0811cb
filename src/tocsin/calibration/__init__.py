"""Is the filter as good as it says? Seeded runs over the reference flights, through the door and the real pictures.

``reference`` flights and sensors; ``cases`` what flies; ``door`` plots as admitted detections; ``observing`` one
picture beside the truth; ``runs`` one run; ``results`` and ``statistics`` its figures.
"""
