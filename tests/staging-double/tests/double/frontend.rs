//! The page that people open: what it is made of, and each of its faults.

use std::time::{Duration, Instant};

use holdpoint_staging_double::{Change, Double, Drawn, Fault, FaultSetting, PageFault, PagePart, Service, Thrown};

use crate::client::{Answer, get, healthy};

const PARTS: [(&str, &str); 3] = [
    ("/", "text/html; charset=utf-8"),
    ("/app.css", "text/css; charset=utf-8"),
    ("/app.js", "text/javascript; charset=utf-8"),
];

async fn with(fault: PageFault) -> anyhow::Result<Double> {
    let double = healthy().await?;
    let drawn = Drawn::Server { service: Service::Frontend, change: Change::Page(fault) };
    double.switch(FaultSetting { name: "chosen", seed: 0, drawn }).await?;
    Ok(double)
}

async fn part(double: &Double, path: &str) -> anyhow::Result<Answer> {
    get(double, Service::Frontend, path).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test]
async fn every_fault_of_the_frontend_changes_its_page() -> anyhow::Result<()> {
    for fault in Fault::in_frontend() {
        for seed in 0..10 {
            let setting = fault.settle(seed);
            let Drawn::Server { service: Service::Frontend, change: Change::Page(_) } = setting.drawn else {
                panic!("{setting}")
            };
            assert_eq!(fault.requirement, "DASH-4", "{setting}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_healthy_page_names_its_parts_and_has_them() -> anyhow::Result<()> {
    let double = healthy().await?;
    for (path, kind) in PARTS {
        let answer = part(&double, path).await?;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
    }
    let document = text(&part(&double, "/").await?);
    assert!(PARTS[1..].iter().all(|(path, _)| document.contains(&format!("\"{path}\""))), "{document}");
    assert!(text(&part(&double, "/app.js").await?).contains("Log in"));
    Ok(())
}

#[tokio::test]
async fn a_part_is_late_or_missing_and_the_others_are_not() -> anyhow::Result<()> {
    let delay = Duration::from_millis(300);
    for (struck, which) in (0..).zip([PagePart::Document, PagePart::Style, PagePart::Script]) {
        let (late, missing) =
            (with(PageFault::Late { part: which, delay }).await?, with(PageFault::Missing(which)).await?);
        for (number, (path, _)) in (0..).zip(PARTS) {
            let began = Instant::now();
            assert_eq!(part(&late, path).await?.status, 200);
            assert!(number != struck || began.elapsed() >= delay, "{path}");
            assert_eq!(part(&missing, path).await?.status == 404, number == struck, "{path}");
        }
        assert_eq!(part(&missing, "/health").await?.status, 200);
    }
    Ok(())
}

#[tokio::test]
async fn a_script_throws_after_it_has_shown_all_or_shows_nothing() -> anyhow::Result<()> {
    let well = text(&part(&healthy().await?, "/app.js").await?);
    for thrown in [Thrown::Error, Thrown::Rejection] {
        let script = text(&part(&with(PageFault::Throws(thrown)).await?, "/app.js").await?);
        assert!(script.starts_with(&well) && script.len() > well.len(), "{script}");
    }
    let empty = with(PageFault::Empty).await?;
    assert_eq!(text(&part(&empty, "/app.js").await?), "");
    assert_eq!(part(&empty, "/").await?.status, 200);
    Ok(())
}
