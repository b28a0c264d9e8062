//! What a guest may ask of tools. Judged from the text of the request; nothing is looked up on the machine.

use std::time::Duration;

use holdpoint_gate::{Capability, Handle};
use holdpoint_model::{Class, Denial, Seq, grant::Grants};

use crate::Request;

/// Arguments of a start.
const MOST_ARGUMENTS: usize = 256;
/// Bytes of all arguments.
const LARGEST_ARGUMENTS: usize = 64 << 10;
/// Bytes of the input.
const LARGEST_STDIN: usize = 4 << 20;
/// Milliseconds that one poll may wait.
const LONGEST_WAIT: u32 = 50_000;

/// The capability `exec`.
pub enum Exec {}

impl Capability for Exec {
    const NAME: &'static str = "exec";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = crate::Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        let refuse = |reason: String, remedy: &str| {
            let wanted = format!("exec {}", Self::summary(request));
            Err(Denial { wanted, reason, remedy: remedy.into() })
        };
        match request {
            Request::Start { tool, args, stdin } => {
                let class = grants.exec(tool)?;
                if let Err(reason) = plain(args) {
                    return refuse(reason, "pass fewer, shorter and plain arguments; what is large goes into stdin");
                }
                if stdin.len() > LARGEST_STDIN {
                    let reason = format!("the input is larger than {LARGEST_STDIN} bytes");
                    return refuse(reason, "put it into a file that the tool may read");
                }
                Ok(class)
            }
            Request::Poll { wait_ms, .. } if *wait_ms > LONGEST_WAIT => {
                refuse(format!("one poll waits at most {LONGEST_WAIT} ms"), "poll again")
            }
            // They only reach what the same phase has started, and a job that a dry run could start it must be able to end.
            Request::Poll { .. } | Request::Stop { .. } => Ok(Class::Read),
        }
    }

    fn summary(request: &Request) -> String {
        match request {
            Request::Start { tool, args, .. } => {
                let mut line = shown(tool, 80);
                for arg in args.iter().take(20) {
                    line.push(' ');
                    line.push_str(&shown(arg, 80));
                }
                if args.len() > 20 {
                    line.push_str(&format!(" … ({} arguments)", args.len()));
                }
                shown(&line, 400)
            }
            Request::Poll { job, .. } => format!("poll {job}"),
            Request::Stop { job } => format!("stop {job}"),
        }
    }

    fn handle(request: &Request) -> Handle {
        match request {
            Request::Start { .. } => Handle::Opens,
            Request::Poll { job, .. } => Handle::Uses(Seq(*job)),
            Request::Stop { job } => Handle::Closes(Seq(*job)),
        }
    }

    fn limit(request: &Request) -> Duration {
        match request {
            Request::Poll { wait_ms, .. } => Duration::from_millis(u64::from(*wait_ms)) + Duration::from_secs(5),
            Request::Start { .. } | Request::Stop { .. } => Duration::from_secs(30),
        }
    }
}

/// Whether arguments are of a bounded size and hold nothing that a terminal or a C string would read in another way.
fn plain(args: &[String]) -> Result<(), String> {
    if args.len() > MOST_ARGUMENTS {
        return Err(format!("there are more than {MOST_ARGUMENTS} arguments"));
    }
    if args.iter().map(|arg| arg.len() + 1).sum::<usize>() > LARGEST_ARGUMENTS {
        return Err(format!("the arguments are larger than {LARGEST_ARGUMENTS} bytes"));
    }
    match args.iter().position(|arg| arg.chars().any(|c| c.is_control() && c != '\t' && c != '\n')) {
        Some(at) => Err(format!("argument {} has a control character", at + 1)),
        None => Ok(()),
    }
}

/// At most so many characters, none of which moves a cursor.
fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{
        Body, PhaseId,
        grant::{ExecGrant, ToolName},
    };

    use super::*;

    fn grants(class: Option<Class>) -> Grants {
        let exec = vec![ExecGrant { tools: vec![ToolName::parse("pytest").unwrap()], class }];
        Grants { exec, ..Grants::none(PhaseId::parse("unit").unwrap()) }
    }

    fn start(tool: &str, args: &[&str]) -> Request {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Request::Start { tool: tool.into(), args, stdin: Body::default() }
    }

    fn class(request: &Request) -> Result<Class, String> {
        Exec::authorize(&grants(None), request).map_err(|denial| denial.reason)
    }

    #[test]
    fn a_start_is_an_effect_unless_the_grant_says_less() {
        assert_eq!(class(&start("pytest", &["-q", "a b", "$(x); `y`\n\t", "é"])), Ok(Class::Effect));
        assert_eq!(Exec::authorize(&grants(Some(Class::Read)), &start("pytest", &[])), Ok(Class::Read));
        assert!(class(&start("sh", &[])).unwrap_err().contains("no grant covers tool \"sh\""));
    }

    #[test]
    fn arguments_and_input_are_bounded_and_plain() {
        for (args, part) in [
            (vec!["x"; 257], "more than 256 arguments"),
            (vec!["x".repeat(65_536).leak() as &str], "larger than 65536 bytes"),
            (vec!["fine", "a\0b"], "argument 2 has a control character"),
            (vec!["\x1b[2J"], "argument 1 has a control character"),
        ] {
            assert!(class(&start("pytest", &args)).unwrap_err().contains(part), "{part}");
        }
        let stdin = |bytes: usize| Request::Start { tool: "pytest".into(), args: vec![], stdin: vec![0; bytes].into() };
        assert_eq!(class(&stdin(4 << 20)), Ok(Class::Effect));
        assert!(class(&stdin((4 << 20) + 1)).unwrap_err().contains("the input is larger"));
    }

    #[test]
    fn a_job_is_the_number_of_the_call_that_started_it() {
        assert_eq!(Exec::handle(&start("pytest", &[])), Handle::Opens);
        assert_eq!(Exec::handle(&Request::Poll { job: 3, wait_ms: 0 }), Handle::Uses(Seq(3)));
        assert_eq!(Exec::handle(&Request::Stop { job: 3 }), Handle::Closes(Seq(3)));
        assert!(class(&Request::Poll { job: 3, wait_ms: 50_001 }).is_err());
    }

    #[test]
    fn a_summary_is_one_short_line() {
        let summary = Exec::summary(&start("py\ntest", &["a\x1b[2J"; 300]));
        assert!(summary.len() < 2_000 && !summary.chars().any(char::is_control), "{summary}");
        assert_eq!(Exec::summary(&start("pytest", &["-q"])), "pytest -q");
    }
}
