//! ClickHouse over its HTTP interface, by the requests of `cap-http`. What reads is a GET, under which the server itself lets nothing be
//! written; parameters are the server's own, and entries go beside the SQL: as rows to insert, or as a table of the keys that are asked for.

mod answer;

use holdpoint_cap_http::{Header, HttpBackend, Request as HttpRequest, Response as HttpResponse, Target};
use holdpoint_gate::BackendError;
use holdpoint_model::{Body, grant::Sql};
use serde_json::json;
use url::form_urlencoded::Serializer;

use crate::{
    Act, Facts, Kind, Response, TroubleKind,
    backend::{Call, Leave},
    bounds::MOST_ROWS,
    rows::{self, Reading},
    stop::Stop,
};

/// A GET would show every user as one that only reads.
const LOOK: &str = "SELECT version(), (SELECT any(value) FROM system.settings WHERE name = 'readonly')";
/// Not every user may know this.
const FIGURES: &str = "SELECT toString(sumIf(value, metric IN ('TCPConnection', 'HTTPConnection'))), \
    toString(sumIf(value, metric = 'MemoryTracking')) FROM system.metrics";
/// Nor does every version.
const MOST: &str = "SELECT value FROM system.server_settings WHERE name = 'max_connections'";
/// Between parts of a body. No key has it: keys have no blanks, and a part begins on a line of its own.
const BOUNDARY: &str = "holdpoint-part";
/// Bytes of a path with its query; `cap-http` takes no more.
const LONGEST_PATH: usize = 8 << 10;

/// One request of ClickHouse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ask {
    query: Vec<(String, String)>,
    body: Option<(&'static str, String)>,
    writes: bool,
}

pub(crate) async fn act(http: &HttpBackend, leave: &Leave<'_>, call: &Call<'_>, act: &Act) -> Result<Response, Stop> {
    match act {
        Act::Look => look(http, leave, call).await,
        Act::Query { sql, parameters } => {
            let reading = send(http, leave, call, of_sql(sql, parameters, call.limit)).await?.0;
            Ok(Response::Rows(reading.whole(None)))
        }
        Act::Get { place, key } => {
            let wanted = leave.wanted();
            // Whoever writes a key twice has two rows of it, in no order. What is beyond the rows of an answer is an error.
            let most = if wanted.is_some() { MOST_ROWS + 1 } else { 1 };
            let rows = send(http, leave, call, of_key(place, key, most)).await?.0.whole(None).rows;
            rows::value(one_of(rows.into_iter().flatten().flatten().collect(), wanted))
        }
        Act::Put { place, key, value } => {
            send(http, leave, call, of_entry(place, key, value)).await?;
            Ok(Response::Done)
        }
        Act::Remove { .. } => {
            let said = "a ClickHouse takes no row out by itself: give the table a TTL that does";
            Err(Stop::trouble(TroubleKind::Forbidden, said))
        }
    }
}

async fn look(http: &HttpBackend, leave: &Leave<'_>, call: &Call<'_>) -> Result<Response, Stop> {
    let (reading, answer) = send(http, leave, call, of_text(LOOK)).await?;
    let (first, timings) = (reading.whole(None).rows.into_iter().next().unwrap_or_default(), answer.timings);
    let mut cells = first.into_iter().flatten();
    let Some(version) = cells.next() else {
        return Err(Stop::trouble(TroubleKind::Wrong, "it does not say its version, so it is no ClickHouse"));
    };
    let read_only = cells.next().is_some_and(|readonly| readonly != "0");
    // What a user may not see, or a version does not have, is not known.
    let figures = send(http, leave, call, of_text(FIGURES)).await.map(|(reading, _)| numbers(reading));
    let figures = figures.unwrap_or_default();
    let most = send(http, leave, call, of_text(MOST)).await.map(|(reading, _)| numbers(reading)).unwrap_or_default();
    let count = |number: Option<&f64>| number.filter(|number| **number >= 0.0).map(|number| *number as u32);
    Ok(Response::Facts(Facts {
        tls: answer.tls.map(|facts| facts.version),
        connected: timings.dns.unwrap_or(0.0) + timings.connect.unwrap_or(0.0) + timings.tls.unwrap_or(0.0),
        answered: timings.total,
        read_only,
        connections: count(figures.first()),
        most_connections: count(most.first()).filter(|most| *most > 0),
        memory: figures.get(1).copied(),
        ..Facts::of(Kind::ClickHouse, version)
    }))
}

/// The value that is wanted if it is there, or else any.
fn one_of(values: Vec<String>, wanted: Option<&str>) -> Option<String> {
    let at = values.iter().position(|value| Some(value.as_str()) == wanted).unwrap_or(0);
    values.into_iter().nth(at)
}

/// The numbers of the first row.
fn numbers(reading: Reading) -> Vec<f64> {
    let row = reading.whole(None).rows.into_iter().next().unwrap_or_default();
    row.into_iter().flatten().filter_map(|cell| cell.parse().ok()).collect()
}

/// A text of the host's own.
fn of_text(sql: &str) -> Ask {
    Ask { body: Some(("text/plain", sql.to_owned())), ..Ask::default() }
}

fn of_sql(sql: &str, parameters: &[Option<String>], limit: u32) -> Ask {
    let writes = Sql::parse(sql).is_ok_and(|sql| sql.writes());
    // The limit of the server is in whole seconds.
    let seconds = limit.div_ceil(1_000).to_string();
    let mut query = vec![("max_execution_time".to_owned(), seconds)];
    if !writes {
        query.push(("max_result_rows".to_owned(), (MOST_ROWS + 1).to_string()));
        query.push(("result_overflow_mode".to_owned(), "throw".to_owned()));
    }
    for (place, parameter) in parameters.iter().enumerate() {
        // As ClickHouse writes NULL in a value.
        let value = parameter.as_deref().map_or_else(|| "\\N".to_owned(), escaped);
        query.push((format!("param_p{}", place + 1), value));
    }
    if writes {
        return Ask { query, body: Some(("text/plain", sql.to_owned())), writes };
    }
    query.push(("query".to_owned(), sql.to_owned()));
    Ask { query, body: None, writes }
}

/// A parameter is read as a value of a file of tab-separated values.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

fn of_key(place: &str, key: &str, most: usize) -> Ask {
    let value = "ifNull(toString(value), '')";
    let query = [
        ("query", format!("SELECT {value} FROM {place} WHERE key IN (SELECT key FROM asked) LIMIT {most}")),
        ("asked_structure", "key String".to_owned()),
        ("asked_format", "JSONEachRow".to_owned()),
    ];
    let row = json!({ "key": key });
    let body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"asked\"; filename=\"asked\"\r\n\
         content-type: application/json\r\n\r\n{row}\n\r\n--{BOUNDARY}--\r\n"
    );
    let query = query.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Ask { query, body: Some(("multipart/form-data; boundary=holdpoint-part", body)), writes: false }
}

fn of_entry(place: &str, key: &str, value: &str) -> Ask {
    let sql = format!("INSERT INTO {place} (key, value) FORMAT JSONEachRow");
    let row = json!({ "key": key, "value": value }).to_string();
    Ask { query: vec![("query".to_owned(), sql)], body: Some(("application/json", row)), writes: true }
}

/// Sends it, and gives what was read with the answer that it was read from.
async fn send(
    http: &HttpBackend,
    leave: &Leave<'_>,
    call: &Call<'_>,
    ask: Ask,
) -> Result<(Reading, HttpResponse), Stop> {
    let request = request(call, &ask)?;
    let sent = match leave {
        Leave::Permit(permit) if ask.writes => {
            call.sent.note();
            http.effect_for(permit, &request).await
        }
        Leave::Permit(permit) => http.read_for(permit, &request).await,
        Leave::Doubt(doubt) => http.read_back_for(doubt, &request).await,
    };
    let answer = sent.map_err(unanswered)?;
    if answer.truncated {
        return Err(Stop::TooLarge("the answer is larger than 8 MiB; ask for less".to_owned()));
    }
    if answer.status != 200 {
        return Err(answer::refusal(answer.status, answer.body.bytes(), ask.writes));
    }
    Ok((answer::read(answer.body.bytes(), ask.writes)?, answer))
}

fn request(call: &Call<'_>, ask: &Ask) -> Result<HttpRequest, Stop> {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(&ask.query).append_pair("default_format", "JSONCompact").append_pair("wait_end_of_query", "1");
    if let Some(database) = &call.store.database {
        form.append_pair("database", database);
    }
    let path = format!("/?{}", form.finish());
    if path.len() > LONGEST_PATH {
        let said = "the text of SQL with its parameters is longer than 8 KiB in a URL; ask by less";
        return Err(Stop::trouble(TroubleKind::Wrong, said));
    }
    let mut headers = Vec::new();
    if call.store.user.is_some() || call.store.password.is_some() {
        let user = call.store.user.as_deref().unwrap_or("default");
        headers.push(Header::new("x-clickhouse-user", user));
    }
    if let Some(password) = &call.store.password {
        headers.push(Header::new("x-clickhouse-key", password.as_str()));
    }
    if let Some((kind, _)) = &ask.body {
        headers.push(Header::new("content-type", *kind));
    }
    Ok(HttpRequest {
        target: Target::Service { service: call.name.to_owned(), path },
        method: if ask.body.is_some() { "POST" } else { "GET" }.into(),
        headers,
        body: ask.body.as_ref().map_or_else(Body::default, |(_, body)| body.clone().into_bytes().into()),
        timeout_ms: call.limit,
    })
}

fn unanswered(error: BackendError) -> Stop {
    match error {
        BackendError::NotSent(said) if said.starts_with("no TLS with ") => Stop::trouble(TroubleKind::Tls, said),
        BackendError::NotSent(said) => Stop::trouble(TroubleKind::Refused, said),
        BackendError::Timeout(_) => Stop::Late,
        BackendError::Denied(denial) => Stop::Denied(denial),
        BackendError::Exhausted(said) => Stop::TooLarge(said),
        BackendError::Unknown(said) | BackendError::Interrupted(said) => Stop::Lost(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(ask: &'a Ask, name: &str) -> Option<&'a str> {
        ask.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn what_reads_is_a_get_and_what_writes_is_not() {
        let reads = of_sql("select {p1:String}", &[Some("a'\t\\".into()), None], 1_500);
        assert!(reads.body.is_none() && !reads.writes);
        assert_eq!(value(&reads, "query"), Some("select {p1:String}"), "a parameter is not put in");
        assert_eq!(value(&reads, "param_p1"), Some("a'\\t\\\\"));
        assert_eq!(value(&reads, "param_p2"), Some("\\N"));
        assert_eq!(value(&reads, "max_execution_time"), Some("2"));
        assert_eq!(value(&reads, "max_result_rows"), Some("1001"));
        let writes = of_sql("insert into t values (1)", &[], 1_000);
        assert!(writes.writes && writes.body.is_some_and(|(_, body)| body == "insert into t values (1)"));
    }

    #[test]
    fn keys_and_values_stand_beside_the_sql() {
        let get = of_key("holdpoint", "a.b:c", 1);
        let sql = value(&get, "query").unwrap();
        assert!(!sql.contains("a.b:c") && sql.ends_with("LIMIT 1"), "{sql}");
        let (kind, body) = get.body.unwrap();
        assert!(kind.ends_with(BOUNDARY) && body.contains("\r\n\r\n{\"key\":\"a.b:c\"}\n\r\n--"), "{body}");
        let put = of_entry("holdpoint", "a", "'\"\n)");
        assert_eq!(value(&put, "query"), Some("INSERT INTO holdpoint (key, value) FORMAT JSONEachRow"));
        assert_eq!(put.body.unwrap().1, "{\"key\":\"a\",\"value\":\"'\\\"\\n)\"}");
    }

    #[test]
    fn a_value_that_is_read_back_is_looked_for_among_all() {
        let values = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(one_of(values(), Some("b")).as_deref(), Some("b"));
        assert_eq!(one_of(values(), Some("c")).as_deref(), Some("a"));
        assert_eq!(one_of(values(), None).as_deref(), Some("a"));
        assert_eq!(one_of(vec![], Some("b")), None);
    }
}
