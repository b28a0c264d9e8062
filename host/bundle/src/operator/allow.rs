//! Writes what a bundle asks into an operator's file. Comments and everything else in the file stay as they are.

use holdpoint_model::Digest;
use holdpoint_model::grant::{
    CommandGrant, DataGrant, ExecGrant, FlagGrant, GcloudGrant, HttpAuth, HttpGrant, LoadGrant, MetricsGrant,
    WebsocketGrant, format_duration,
};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::Operator;
use crate::diagnostic::{Diagnostics, Problems};
use crate::resolved::Resolved;
use crate::sources::OperatorSource;
use crate::verified::check_grants;
use crate::words::asks_in_words;

/// The operator's file with an entry for exactly what the bundle asks in its environment. Bounds of the whole machine (`environments`,
/// `[limits]`, `service-overrides`) are the operator's to change: where they forbid what is asked, the lines come back as an error.
pub fn allow(resolved: &Resolved, operator: &OperatorSource) -> Result<String, Diagnostics> {
    Operator::parse(operator)?;
    let mut document: DocumentMut = operator.file.text.parse().map_err(|e: toml_edit::TomlError| {
        let mut problems = Problems::new(&operator.file.label, &operator.file.text);
        problems.at(e.span().map_or(0, |span| span.start), e.message().to_owned());
        Diagnostics::new(problems.into_found())
    })?;
    // Comments alone are the end of a document to the library, and would end up behind what is added.
    let comments = if document.is_empty() { operator.file.text.as_str() } else { "" };
    if !comments.is_empty() {
        document.set_trailing("");
    }
    let bundle = subtable(subtable(document.as_table_mut(), "bundles", operator)?, &resolved.name, operator)?;
    let mut entry = entry(resolved);
    if let Some(before) = bundle.get(&resolved.environment.name).and_then(Item::as_table) {
        // What stands above an entry stays there when the entry is written anew.
        entry.decor_mut().clone_from(before.decor());
    }
    bundle.insert(&resolved.environment.name, Item::Table(entry));
    let text =
        if comments.is_empty() { document.to_string() } else { format!("{}\n\n{document}", comments.trim_end()) };
    let mut written = operator.clone();
    written.file.text.clone_from(&text);
    let found = check_grants(resolved, &Operator::parse(&written)?, &operator.file.label);
    if found.is_empty() { Ok(text) } else { Err(Diagnostics::new(found)) }
}

/// The digest of what a bundle asks, in words, so that the same asks have the same digest whatever else changes.
pub(crate) fn asks_digest(resolved: &Resolved) -> Digest {
    let words = asks_in_words(resolved);
    let parts: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
    Digest::of_parts(&parts)
}

fn subtable<'t>(table: &'t mut Table, key: &str, operator: &OperatorSource) -> Result<&'t mut Table, Diagnostics> {
    let item = table.entry(key).or_insert_with(|| {
        let mut table = Table::new();
        // Only its tables show: no header of its own.
        table.set_implicit(true);
        Item::Table(table)
    });
    item.as_table_mut().ok_or_else(|| {
        let mut problems = Problems::new(&operator.file.label, &operator.file.text);
        problems.whole(
            format!("`{key}` is written inline, and entries are added to tables only"),
            Some(format!("write it as [{key}]")),
        );
        Diagnostics::new(problems.into_found())
    })
}

fn entry(resolved: &Resolved) -> Table {
    let mut table = Table::new();
    table.insert("asks", toml_edit::value(asks_digest(resolved).to_string()));
    let mut http: Vec<HttpGrant> = Vec::new();
    let (mut directories, mut secrets) = (Vec::new(), Vec::new());
    let mut gcloud: Vec<GcloudGrant> = Vec::new();
    let mut exec: Vec<&ExecGrant> = Vec::new();
    let mut websocket: Vec<&WebsocketGrant> = Vec::new();
    let mut metrics: Vec<&MetricsGrant> = Vec::new();
    let mut data: Vec<&DataGrant> = Vec::new();
    let mut load: Option<LoadGrant> = None;
    for grants in resolved.asking().map(|phase| &phase.grants) {
        for grant in &grants.http {
            // Which places of an answer are secret is the bundle's affair.
            let grant = HttpGrant { secret: vec![], ..grant.clone() };
            if !http.contains(&grant) {
                http.push(grant);
            }
        }
        for grant in grants.gcloud.iter().filter(|grant| !grant.commands.is_empty()) {
            // Phases of a bundle act in the same place.
            match gcloud.first_mut() {
                Some(first) => first.commands.extend(grant.commands.iter().cloned()),
                None => gcloud.push(grant.clone()),
            }
        }
        for grant in grants.exec.iter().filter(|grant| !grant.tools.is_empty()) {
            if !exec.contains(&grant) {
                exec.push(grant);
            }
        }
        for grant in grants.websocket.iter().filter(|grant| !grant.is_empty()) {
            if !websocket.contains(&grant) {
                websocket.push(grant);
            }
        }
        for grant in grants.metrics.iter().filter(|grant| !grant.is_empty()) {
            if !metrics.contains(&grant) {
                metrics.push(grant);
            }
        }
        for grant in grants.data.iter().filter(|grant| !grant.is_empty()) {
            if !data.contains(&grant) {
                data.push(grant);
            }
        }
        if let Some(grant) = &grants.load {
            load = Some(load.map_or_else(|| grant.clone(), |load| load.union(grant)));
        }
        directories.extend(grants.files.iter().map(|grant| grant.path().to_string_lossy().into_owned()));
        secrets.extend(grants.secrets.iter().map(|grant| grant.name.to_string()));
    }
    if !http.is_empty() {
        table.insert("http", lines(http.iter().map(inline)));
    }
    if !gcloud.is_empty() {
        table.insert("gcloud", lines(gcloud.iter_mut().map(commands)));
    }
    if !exec.is_empty() {
        table.insert("exec", lines(exec.into_iter().map(tools)));
    }
    if !websocket.is_empty() {
        table.insert("websocket", lines(websocket.into_iter().map(sockets)));
    }
    if !metrics.is_empty() {
        table.insert("metrics", lines(metrics.into_iter().map(questions)));
    }
    if !data.is_empty() {
        table.insert("data", lines(data.into_iter().map(stores)));
    }
    if let Some(load) = load {
        table.insert("load", toml_edit::value(bounds(&load)));
    }
    for list in [&mut directories, &mut secrets] {
        list.sort();
        list.dedup();
    }
    for (key, list) in [("directories", directories), ("secrets", secrets)] {
        if !list.is_empty() {
            table.insert(key, toml_edit::value(strings(list)));
        }
    }
    let mut services = Table::new();
    for ask in resolved.service_asks() {
        services.insert(ask.name.as_str(), lines(ask.within.iter().map(|pattern| pattern.to_string().into())));
    }
    if !services.is_empty() {
        table.insert("services", Item::Table(services));
    }
    table
}

/// A list with one item a line.
fn lines(items: impl Iterator<Item = Value>) -> Item {
    let mut array = Array::new();
    for item in items {
        array.push_formatted(item.decorated("\n    ", ""));
    }
    array.set_trailing("\n");
    array.set_trailing_comma(true);
    toml_edit::value(array)
}

/// The commands of all phases, each once.
fn commands(grant: &mut GcloudGrant) -> Value {
    let mut table = InlineTable::new();
    table.insert("project", grant.project.as_str().into());
    if let Some(region) = &grant.region {
        table.insert("region", region.as_str().into());
    }
    let mut list = Array::new();
    let mut written: Vec<&CommandGrant> = Vec::new();
    for grant in &grant.commands {
        if written.contains(&grant) {
            continue;
        }
        written.push(grant);
        list.push_formatted(Value::from(command(grant)).decorated("\n        ", ""));
    }
    list.set_trailing("\n    ");
    list.set_trailing_comma(true);
    table.insert("commands", list.into());
    table.into()
}

fn command(grant: &CommandGrant) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("command", grant.command.to_string().into());
    if !grant.arguments.is_empty() {
        table.insert("arguments", strings(&grant.arguments).into());
    }
    if !grant.flags.is_empty() {
        let mut flags = InlineTable::new();
        for (name, flag) in &grant.flags {
            let value = match flag {
                FlagGrant::Switch => true.into(),
                FlagGrant::Value(pattern) => pattern.to_string().into(),
            };
            flags.insert(name.as_str(), value);
        }
        table.insert("flags", flags.into());
    }
    if let Some(class) = grant.class {
        table.insert("class", class.word().into());
    }
    table
}

fn tools(grant: &ExecGrant) -> Value {
    let mut table = InlineTable::new();
    table.insert("tools", strings(&grant.tools).into());
    if let Some(class) = grant.class {
        table.insert("class", class.word().into());
    }
    table.into()
}

fn bounds(grant: &LoadGrant) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("max-users", i64::from(grant.max_users).into());
    table.insert("max-rate", i64::from(grant.max_rate).into());
    table.insert("max-duration", format_duration(grant.max_duration).into());
    table.insert("max-requests", i64::from(grant.max_requests).into());
    if grant.disturb {
        table.insert("disturb", true.into());
    }
    table
}

fn sockets(grant: &WebsocketGrant) -> Value {
    let mut table = InlineTable::new();
    if !grant.services.is_empty() {
        table.insert("services", strings(&grant.services).into());
    }
    if !grant.hosts.is_empty() {
        table.insert("hosts", strings(&grant.hosts).into());
    }
    if let Some(paths) = &grant.paths {
        table.insert("paths", strings(paths).into());
    }
    if let Some(class) = grant.class {
        table.insert("class", class.word().into());
    }
    table.into()
}

fn questions(grant: &MetricsGrant) -> Value {
    let mut table = InlineTable::new();
    table.insert("services", strings(&grant.services).into());
    if grant.queries {
        table.insert("queries", true.into());
    }
    if !grant.scrape.is_empty() {
        table.insert("scrape", strings(&grant.scrape).into());
    }
    if !grant.projects.is_empty() {
        table.insert("projects", strings(&grant.projects).into());
    }
    table.into()
}

fn stores(grant: &DataGrant) -> Value {
    let mut table = InlineTable::new();
    table.insert("stores", strings(&grant.stores).into());
    if !grant.places.is_empty() {
        table.insert("places", strings(&grant.places).into());
    }
    if !grant.sql.is_empty() {
        table.insert("sql", strings(&grant.sql).into());
    }
    if grant.write {
        table.insert("write", true.into());
    }
    table.into()
}

fn strings<T: ToString>(items: impl IntoIterator<Item = T>) -> Array {
    items.into_iter().map(|item| item.to_string()).collect()
}

fn inline(grant: &HttpGrant) -> Value {
    let mut table = InlineTable::new();
    if !grant.services.is_empty() {
        table.insert("services", strings(&grant.services).into());
    }
    if !grant.hosts.is_empty() {
        table.insert("hosts", strings(&grant.hosts).into());
    }
    table.insert("methods", strings(&grant.methods).into());
    if let Some(paths) = &grant.paths {
        table.insert("paths", strings(paths).into());
    }
    if let Some(class) = grant.class {
        table.insert("class", class.word().into());
    }
    if let Some(auth) = grant.auth {
        let mut credential = InlineTable::new();
        credential.insert(HttpAuth::ID_TOKEN, auth.audience().into());
        table.insert("auth", credential.into());
    }
    if let Some(read_back) = &grant.read_back {
        table.insert("read-back", read_back.as_str().into());
    }
    table.into()
}
