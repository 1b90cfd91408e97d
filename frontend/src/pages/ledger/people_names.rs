//! Names of the people whom entries know only by id: asked for once each, kept while the page is open.

use std::collections::HashMap;

use allowance_values::PersonId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;

/// The names learned so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeopleNames {
    known: StoredValue<HashMap<PersonId, ArcRwSignal<Option<String>>>>,
}

impl PeopleNames {
    pub(super) fn new() -> Self {
        Self {
            known: StoredValue::default(),
        }
    }

    /// The person's name, as soon as it is known; whoever cannot be read stays their id.
    pub(super) fn name(self, id: PersonId) -> ArcRwSignal<Option<String>> {
        if let Some(name) = self.known.with_value(|known| known.get(&id).cloned()) {
            return name;
        }
        let name = ArcRwSignal::new(None);
        self.known.update_value(|known| {
            known.insert(id, name.clone());
        });
        let learned = name.clone();
        spawn_local(async move {
            let answer = api::people::get(id).await;
            learned.set(Some(
                answer.map_or_else(|_| id.to_string(), |person| person.display_name),
            ));
        });
        name
    }
}
