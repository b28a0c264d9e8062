//! The list of faults in what a team writes between a validation and production: one entry each, nothing else.

use crate::documents::{ANNOUNCEMENT, EVIDENCE, LESSONS, PRODUCTION, REHEARSAL, RUNBOOK, Rewrite, TRAINING, piece};
use crate::fault::{Fault, Kind};

pub(crate) const NEXT_CATALOGUE: &[Fault] = &[
    Fault {
        name: "lessons-missing",
        requirement: "NEXT-1",
        exit: 1,
        description: "nobody has written down what was learned",
        kind: Kind::Document(|_| Rewrite::missing(LESSONS)),
    },
    Fault {
        name: "lessons-placeholder",
        requirement: "NEXT-1",
        exit: 1,
        description: "something stands where a lesson was to be written",
        kind: Kind::Document(|draw| {
            let cause = "The pool of the backend was smaller than the load of the evening.";
            let changes =
                "- Production has the pool of staging.\n- Whoever changes a limit says so in the announcement.\n";
            let pieces = [
                piece(LESSONS, cause, &["TBD", "TODO: ask whoever was on call", "...", ""]),
                piece(LESSONS, changes, &["?\n", ""]),
            ];
            Rewrite::of(&pieces, draw)
        }),
    },
    Fault {
        name: "lessons-section-missing",
        requirement: "NEXT-1",
        exit: 1,
        description: "a section of the lessons is not there",
        kind: Kind::Document(|draw| {
            let pieces = [
                piece(LESSONS, "## What happened", &["## Thanks", "What happened"]),
                piece(LESSONS, "## What we change", &["## Thanks"]),
            ];
            Rewrite::of(&pieces, draw)
        }),
    },
    Fault {
        name: "lessons-old-release",
        requirement: "NEXT-1",
        exit: 1,
        description: "the lessons are those of another release",
        kind: Kind::Document(|draw| {
            let others = &["release = \"2.3.1\"", "release = \"TBD\"", ""];
            Rewrite::of(&[piece(LESSONS, "release = \"2.4.0\"", others)], draw)
        }),
    },
    Fault {
        name: "lessons-old",
        requirement: "NEXT-1",
        exit: 1,
        description: "the lessons were written too long ago, or are still to be",
        kind: Kind::Document(|draw| {
            Rewrite::of(&[piece(LESSONS, "{day-1}", &["{day-16}", "{day-400}", "{day+3}"])], draw)
        }),
    },
    Fault {
        name: "limit-not-promoted",
        requirement: "NEXT-2",
        exit: 1,
        description: "a limit of production is not the one that was validated",
        kind: Kind::Document(|draw| {
            let pieces = [
                piece(PRODUCTION, "request_timeout: 300", &["request_timeout: 30", "request_timeout: 3000"]),
                piece(PRODUCTION, "max: 200, ", &["max: 20, ", "most: 200, "]),
            ];
            Rewrite::of(&pieces, draw)
        }),
    },
    Fault {
        name: "staging-in-production",
        requirement: "NEXT-2",
        exit: 1,
        description: "the configuration of production names a host or a project of staging",
        kind: Kind::Document(|draw| {
            let origin = "    - https://netra-frontend-live-demo.a.run.app";
            let others = &[
                "    - https://netra-frontend-staging-demo.a.run.app",
                "    - https://live.example?next=netra-auth-service-demo.a.run.app",
            ];
            let pieces = [piece(PRODUCTION, origin, others), piece(PRODUCTION, "9000/events", &["9000/netra-staging"])];
            Rewrite::of(&pieces, draw)
        }),
    },
    Fault {
        name: "own-value-shared",
        requirement: "NEXT-2",
        exit: 1,
        description: "production has a value of staging where it must have its own",
        kind: Kind::Document(|draw| {
            let pieces = [
                piece(PRODUCTION, "redis://10.52.0.9", &["redis://10.42.0.9"]),
                piece(PRODUCTION, "environment: production", &["environment: staging"]),
            ];
            Rewrite::of(&pieces, draw)
        }),
    },
    Fault {
        name: "next-late",
        requirement: "NEXT-3",
        exit: 1,
        description: "production is announced too late, an hour or many",
        kind: Kind::Document(|draw| Rewrite::of(&[piece(ANNOUNCEMENT, "{hour+71}", &["{hour+46}", "{hour+1}"])], draw)),
    },
    Fault {
        name: "next-begun",
        requirement: "NEXT-3",
        exit: 1,
        description: "the announced start has passed, or the announcement is still to come",
        kind: Kind::Document(|draw| {
            let others = &["announced = {hour-73}\nstarts = {hour-1}", "announced = {hour+1}\nstarts = {hour+71}"];
            Rewrite::of(&[piece(ANNOUNCEMENT, "announced = {hour-1}\nstarts = {hour+71}", others)], draw)
        }),
    },
    Fault {
        name: "rehearsal-expired",
        requirement: "NEXT-4",
        exit: 1,
        description: "the rollback was rehearsed too long ago",
        kind: Kind::Document(|draw| Rewrite::of(&[piece(REHEARSAL, "{day-30}", &["{day-91}", "{day-800}"])], draw)),
    },
    Fault {
        name: "rehearsal-to-come",
        requirement: "NEXT-4",
        exit: 1,
        description: "the rehearsal is still to come",
        kind: Kind::Document(|draw| Rewrite::of(&[piece(REHEARSAL, "{day-30}", &["{day+3}", "{day+30}"])], draw)),
    },
    Fault {
        name: "rehearsal-failed",
        requirement: "NEXT-4",
        exit: 1,
        description: "the rehearsal did not end with a rollback, or was another environment's",
        kind: Kind::Document(|draw| {
            let pieces = [
                piece(REHEARSAL, "\"rolled-back\"", &["\"rollback-failed\"", "\"hold\""]),
                piece(REHEARSAL, "\"production\"", &["\"staging\""]),
            ];
            Rewrite::of(&pieces, draw)
        }),
    },
    Fault {
        name: "rehearsal-altered",
        requirement: "NEXT-4",
        exit: 1,
        description: "the file of the rehearsal is not the one that was exported",
        kind: Kind::Document(|draw| Rewrite::of(&[piece(EVIDENCE, "a run", &["the run", "another run"])], draw)),
    },
    Fault {
        name: "runbook-link-dead",
        requirement: "NEXT-5",
        exit: 1,
        description: "a link of the runbook leads to no heading of it",
        kind: Kind::Document(|draw| {
            let others = &["[how to roll back](#undo)", "[how to roll back](#roll_back)"];
            Rewrite::of(&[piece(RUNBOOK, "[how to roll back](#roll-back)", others)], draw)
        }),
    },
    Fault {
        name: "untrained",
        requirement: "NEXT-5",
        exit: 1,
        description: "somebody of the team is not in the list of who was trained",
        kind: Kind::Document(|draw| {
            Rewrite::of(&[piece(TRAINING, "bob = {day-20}\n", &["", "rob = {day-20}\n", "bob = \"\"\n"])], draw)
        }),
    },
    Fault {
        name: "training-lapsed",
        requirement: "NEXT-5",
        exit: 1,
        description: "somebody was trained too long ago, or is still to be",
        kind: Kind::Document(|draw| {
            Rewrite::of(&[piece(TRAINING, "alice = {day-20}", &["alice = {day-181}", "alice = {day+7}"])], draw)
        }),
    },
];
