//! Finding people.

use allowance_domain::authz::{Action, Permit};
use allowance_domain::people::{PersonStatus, search_words};
use allowance_store::{PageStart, PeopleFilter, PersonCard, Scope, Total};
use allowance_values::{GroupId, PersonId};

use crate::context::{App, Caller};
use crate::error::{Error, Result};

/// Which people are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPeople {
    /// Words that a name or an address begins with.
    pub search: Option<String>,
    /// Only this group.
    pub group: Option<GroupId>,
    /// Only this status.
    pub status: Option<PersonStatus>,
    /// Only direct reports of this person.
    pub manager: Option<PersonId>,
}

/// A page of people by name: the people, where the next page begins, how many there are in all.
///
/// # Errors
/// The store's.
pub async fn list_people(
    app: &App,
    caller: &Caller,
    query: &ListPeople,
    after: Option<&PageStart>,
    limit: u64,
) -> Result<(Vec<PersonCard>, Option<PageStart>, Total)> {
    let actor = &caller.actor;
    let ListPeople {
        search,
        group,
        status,
        manager,
    } = query;
    let everything = actor.reads_everything();
    let filter = PeopleFilter {
        words: search.as_deref().map(search_words).unwrap_or_default(),
        group: *group,
        status: *status,
        manager: *manager,
        scope: (!everything).then(|| Scope {
            person: actor.person,
            groups: actor.owned_groups.clone(),
        }),
        ..PeopleFilter::default()
    };
    let page = app
        .store
        .list_people(actor.organisation, &filter, after, limit)
        .await?;
    let cards = app.store.person_cards(actor.organisation, page.rows).await?;
    Ok((cards, page.next, page.total))
}

/// One person.
///
/// # Errors
/// [`Error::NotFound`], also for whom the caller may not see.
pub async fn get_person(app: &App, caller: &Caller, id: PersonId) -> Result<PersonCard> {
    let organisation = caller.actor.organisation;
    let row = app
        .store
        .find_person(organisation, id)
        .await?
        .ok_or(Error::NotFound)?;
    Permit::for_person(&caller.actor, Action::GetPerson, &row.facts(), false)?;
    app.store
        .person_cards(organisation, vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}
