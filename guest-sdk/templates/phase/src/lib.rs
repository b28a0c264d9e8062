//! Every granted service answers 200, in time (TEMPLATE-1).
use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    path: String,
    #[serde(default = "two_seconds")]
    within: Millis,
}

fn two_seconds() -> Millis {
    Millis(2_000)
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    if cx.services().len() == 0 {
        return Err(Error::new("no service is granted, and zero checks are no pass; name one in [phase.grants]"));
    }
    let wanted = format!("200 within {}", config.within);
    for (request, answer) in cx.http().send_all(cx.services().map(|service| service.get(&config.path))) {
        let check = cx.check(["TEMPLATE-1"], format!("{request} answers in time")).expecting(expected(&wanted));
        match answer {
            Ok(response) => {
                let well = response.status() == 200 && response.total() <= config.within;
                let seen = format!("{} in {}", response.status(), response.total());
                check.passes_if(well, expected(&wanted), observed(seen), &response);
            }
            // A time-out or a failure fails the check; a denial is a mistake in the bundle, and says nothing of the service.
            Err(error) => check.from_error(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_down_fails_the_row() {
        let t = holdpoint::test(run)
            .service("backend")
            .config(json!({ "path": "/health" }))
            .answer(get("/health"), refused());
        t.expect("TEMPLATE-1", Fail, "connection refused");
    }

    #[test]
    fn fixtures_come_out_as_they_say() {
        holdpoint::fixtures(run, "fixtures");
    }
}
