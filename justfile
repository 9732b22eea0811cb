# The commands of this project by name; `just --list` shows them.

# everything that must hold before a change lands
check: lint types floors web test

lint:
    ruff format --check .
    ruff check .

types:
    mypy

floors:
    lint-imports

# the page: types, accessibility warnings of the compiler, tests of its pure parts
web:
    python hatch_build.py check test

# tests that start members, servers and browsers: they wait more than they compute
members := "tests/e2e tests/faults tests/pages"

# all tests, in two lanes at once: what mostly waits, and a little behind it what mostly computes
test:
    #!/usr/bin/env bash
    set -u
    python -m tocsin.calibration.compiling  # once, and not in every lane while the other waits for it
    computing=$(mktemp)
    nice -n 5 pytest tests $(printf -- '--ignore=%s ' {{members}}) >"$computing" 2>&1 &
    lane=$!
    trap 'kill $lane' INT TERM
    pytest {{members}}
    members_failed=$?
    wait $lane
    computing_failed=$?
    cat "$computing"
    rm "$computing"
    exit $((members_failed | computing_failed))

# which lines of the program the tests reach; takes half as long again
coverage *args:
    coverage run -m pytest {{args}}
    coverage report

# the vectors of the specification against this program and against the second receiver, clause by clause
conformance *args:
    python -m conformance --command "python -m tocsin.testing.conformance" {{args}}
    python -m conformance --command "python -m conformance.receiver" {{args}}

# writes what follows from the code: schemas, test vectors, two pages of reference
spec:
    python spec/generate.py
    python spec/make_vectors.py
    python spec/make_approvals.py

# the pages of reference that follow from the program, and the picture of the demo (docs/images)
docs:
    python docs/generate.py
    python docs/images/make_demo.py

# the laws of tests/property with twenty times as many examples, then the tests of alerts with one guard after the other
# taken out; writes bench/soak-report.md; with --campaign 200 the campaign of so many seeds besides
soak *args:
    python -m bench.soak {{args}}

# every decoder and the door under atheris, in slices that go on where the last run ended; bench/fuzz-report.md
fuzz *args:
    python -m fuzz {{args}}

# the exchange beside bare NATS and bare sockets; --write keeps the result
bench-exchange *args:
    python -m bench.exchange {{args}}

# what one frame costs in one process, step by step
bench-hotpath:
    python -m bench.hotpath

# events a second against 10,000 and a million indicators, beside OASIS's matcher; --write adds rows to bench/README.md
bench-cyber *args:
    python -m bench.cyber {{args}}

# 10,000 detections a second from one member to two peers for a minute: loss, lag, memory, processor
bench-flood *args:
    python -m bench.flood {{args}}

# a peer comes back to a million records
bench-catchup *args:
    python -m bench.catchup {{args}}

# from a launch to a draft, from the last approval to every channel, and how many readers the feed bears
bench-alerts:
    python -m bench.alerts

# ways by sea, and reach tests of silences of a day, 60 hours and ten days
bench-cargo:
    python -m bench.cargo

# warnings beside a million records of bulk
bench-bulk *args:
    python -m bench.bulk {{args}}

# seeded faults (kills, pauses, cut and slow links, full disks, stepped clocks, lost tails) done to three real members;
# ends with 1 if a promise was broken, and writes bench/campaign-report.md
campaign *args:
    python -m tests.campaign {{args}}

# a federation of an older version upgraded member by member with traffic flowing; counts what every store holds
bench-upgrade *args:
    python -m bench.upgrade {{args}}

# the ballistic filter beside Stone Soup on the same plots: updates a second, their ratio, the error of both
bench-warning *args:
    uv run --group bench python -m bench.warning {{args}}
