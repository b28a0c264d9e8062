//! How often somebody was shown another's text where the bundle says that everybody's are. That is no leak, and told all the same: whoever
//! declares too much sees it. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    SharedRoute,
    counted::add,
    tally::{MOST_ROUTES, OTHER},
};

/// Counts by route, in the order in which they came up. As a list they are kept, and told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SharedRoutes(Vec<SharedRoute>);

impl SharedRoutes {
    /// Somebody was shown a text of somebody else by this route.
    pub(crate) fn shown(&mut self, route: &str) {
        let has_room = self.0.iter().filter(|known| known.route != OTHER).count() < MOST_ROUTES;
        let is_known = self.0.iter().any(|known| known.route == route);
        let route = if is_known || has_room { route } else { OTHER };
        match self.0.iter_mut().find(|known| known.route == route) {
            Some(known) => add(&mut known.times, 1),
            None => self.0.push(SharedRoute { route: route.to_owned(), times: 1 }),
        }
    }

    pub(crate) fn told(&self) -> Vec<SharedRoute> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_told_with_how_often_it_showed_somebody_elses_text() {
        let mut routes = SharedRoutes::default();
        for route in ["GET backend /rooms", "GET backend /feed", "GET backend /rooms"] {
            routes.shown(route);
        }
        let told: Vec<_> = routes.told().into_iter().map(|known| (known.route, known.times)).collect();
        assert_eq!(told, [("GET backend /rooms".to_owned(), 2), ("GET backend /feed".to_owned(), 1)]);
    }

    #[test]
    fn routes_beyond_the_bound_are_counted_together() {
        let mut routes = SharedRoutes::default();
        for n in 0..1_000 {
            routes.shown(&format!("GET backend /{n}"));
            routes.shown("GET backend /0");
        }
        let told = routes.told();
        assert_eq!(told.len(), MOST_ROUTES + 1);
        assert_eq!((told[0].times, &*told[MOST_ROUTES].route), (1_001, OTHER));
        assert_eq!(told[MOST_ROUTES].times, 1_000 - u32::try_from(MOST_ROUTES).unwrap());
    }
}
