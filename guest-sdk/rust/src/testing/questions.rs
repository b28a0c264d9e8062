//! Questions for metrics in a native build: each is answered by what is scripted for its words.

use super::Numbers;
use super::world::{World, with};
use crate::metrics::{Answered, CloudQuery, Page, Source};
use crate::{Cause, Millis, Time, host};

type Outcome<T> = Result<T, Cause>;

pub(crate) fn query(source: &Source, promql: &str, _at: Option<Time>) -> Outcome<Answered> {
    series(format!("query {} {promql}", source.service))
}

pub(crate) fn query_range(source: &Source, promql: &str, _from: Time, _to: Time, _step: Millis) -> Outcome<Answered> {
    series(format!("query-range {} {promql}", source.service))
}

pub(crate) fn time_series(source: &Source, query: &CloudQuery) -> Outcome<Answered> {
    series(format!("time-series {} {query}", source.service))
}

pub(crate) fn scrape(source: &Source, path: &str) -> Outcome<Page> {
    let (told, call) = with(|world| world.numbers_for(format!("scrape {} {path}", source.service)));
    told.page(call)
}

fn series(shown: String) -> Outcome<Answered> {
    let (told, call) = with(|world| world.numbers_for(shown));
    told.series(call, host::now())
}

impl World {
    /// What is scripted for a question, and the number of its call. Several are given in order; the last one stays.
    fn numbers_for(&mut self, shown: String) -> (Numbers, u32) {
        let call = self.next_call();
        self.calls.push(shown.clone());
        let matching: Vec<&Numbers> =
            self.numbers.iter().filter(|(scripted, _)| *scripted == shown).map(|(_, told)| told).collect();
        let turn = self.asked.entry(shown.clone()).or_default();
        let Some(told) = matching.get(*turn).or(matching.last()) else {
            let scripted: String = self.numbers.iter().map(|(question, _)| format!("\n  {question}")).collect();
            panic!("the phase asked `{shown}`, for which no numbers are scripted; scripted:{scripted}");
        };
        *turn += 1;
        ((*told).clone(), call)
    }
}
