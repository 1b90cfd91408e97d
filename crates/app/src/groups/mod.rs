//! Groups: making, naming, deleting them, and who owns them.

use allowance_domain::allocations::{BulkMode, Command};
use allowance_domain::authz::{Action, Permit};
use allowance_domain::people::{PersonStatus, clean_name};
use allowance_store::{AuditRecord, Done, Group, GroupStart, Holder, StoreError, Tx};
use allowance_values::{GroupId, PersonId};

use crate::context::{App, Caller};
use crate::cycles::open_all_books;
use crate::error::{Error, FieldError, Result};

const MAX_NAME_CHARS: usize = 100;

/// A group with its owner's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCard {
    /// The group.
    pub group: Group,
    /// Who distributes within it.
    pub owner: Option<Holder>,
}

impl GroupCard {
    /// What an edit must have seen: rises with every edit of the group, not with its members.
    #[must_use]
    pub fn etag(&self) -> String {
        self.group.version.to_string()
    }
}

/// A group to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateGroup {
    /// Its name as it was typed.
    pub name: String,
    /// Who distributes within it.
    pub owner: Option<PersonId>,
}

/// Changes to a group; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateGroup {
    /// Its name as it was typed.
    pub name: Option<String>,
    /// Who distributes within it: nothing to keep, nothing within for nobody.
    pub owner: Option<Option<PersonId>>,
}

fn audited(group: &Group) -> serde_json::Value {
    serde_json::json!({
        "name": group.name,
        "owner": group.owner.map(|owner| owner.to_string()),
        "member_count": group.member_count,
    })
}

fn name_of(text: &str) -> Result<String> {
    clean_name(text, MAX_NAME_CHARS)
        .map_err(|fault| Error::Fields(vec![FieldError::invalid("/name", format!("Mend this: {fault}."))]))
}

fn taken(error: StoreError) -> Error {
    if error.is_constraint("allocation_group_name_unique") {
        Error::NameTaken
    } else {
        Error::Store(error)
    }
}

async fn check_owner(tx: &Tx, owner: Option<PersonId>) -> Result<()> {
    let Some(owner) = owner else { return Ok(()) };
    match tx.holders(&[owner]).await?.remove(&owner) {
        None => Err(Error::Fields(vec![FieldError::invalid(
            "/owner_id",
            "There is none with this id.",
        )])),
        Some(holder) if holder.status != PersonStatus::Active => Err(Error::PersonNotActive),
        Some(_) => Ok(()),
    }
}

async fn load(tx: &Tx, id: GroupId) -> Result<GroupCard> {
    let group = tx.find_group(id).await?.ok_or(Error::NotFound)?;
    let owner = match group.owner {
        Some(owner) => tx.holders(&[owner]).await?.remove(&owner),
        None => None,
    };
    Ok(GroupCard { group, owner })
}

async fn cards(app: &App, caller: &Caller, groups: Vec<Group>) -> Result<Vec<GroupCard>> {
    let owners: Vec<PersonId> = groups.iter().filter_map(|group| group.owner).collect();
    let holders = app.store.holders(caller.actor.organisation, &owners).await?;
    let card = |group: Group| GroupCard {
        owner: group.owner.and_then(|owner| holders.get(&owner).cloned()),
        group,
    };
    Ok(groups.into_iter().map(card).collect())
}

/// Groups the caller may see, Default first, then by name.
///
/// # Errors
/// The store's.
pub async fn list_groups(
    app: &App,
    caller: &Caller,
    after: Option<&GroupStart>,
    limit: u64,
) -> Result<Vec<GroupCard>> {
    let actor = &caller.actor;
    let among = (!actor.reads_everything()).then_some(actor.owned_groups.as_slice());
    let groups = app
        .store
        .list_groups(actor.organisation, among, after, limit)
        .await?;
    cards(app, caller, groups).await
}

/// One group.
///
/// # Errors
/// [`Error::NotFound`], also for one the caller may not see.
pub async fn get_group(app: &App, caller: &Caller, id: GroupId) -> Result<GroupCard> {
    let group = app
        .store
        .find_group(caller.actor.organisation, id)
        .await?
        .ok_or(Error::NotFound)?;
    Permit::for_group(&caller.actor, Action::GetGroup, &group.facts())?;
    cards(app, caller, vec![group])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// Makes an empty group.
///
/// # Errors
/// [`Error::Fields`], [`Error::NameTaken`], [`Error::PersonNotActive`] for an owner who is not.
pub async fn create_group(mut tx: Tx, caller: &Caller, new: &CreateGroup) -> Result<Done<GroupCard>> {
    Permit::for_organisation(&caller.actor, Action::CreateGroup)?;
    let name = name_of(&new.name)?;
    check_owner(&tx, new.owner).await?;
    let id = GroupId::new(tx.new_id());
    tx.insert_group(id, name, new.owner).await.map_err(taken)?;
    let card = load(&tx, id).await?;
    tx.audit(AuditRecord {
        action: Action::CreateGroup.name(),
        target: id.to_string(),
        before: None,
        after: Some(audited(&card.group)),
    });
    Ok(tx.done(card))
}

/// Changes a group's name or owner. The Default group keeps its name.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::Fields`], [`Error::NameTaken`], [`Error::DefaultGroup`].
pub async fn update_group(
    mut tx: Tx,
    caller: &Caller,
    id: GroupId,
    seen: &str,
    change: &UpdateGroup,
) -> Result<Done<GroupCard>> {
    let before = load(&tx, id).await?;
    Permit::for_group(&caller.actor, Action::UpdateGroup, &before.group.facts())?;
    if before.etag() != seen {
        return Err(Error::Stale);
    }
    let name = change
        .name
        .as_deref()
        .map(name_of)
        .transpose()?
        .unwrap_or_else(|| before.group.name.clone());
    let owner = change.owner.unwrap_or(before.group.owner);
    if before.group.is_default && name != before.group.name {
        return Err(Error::DefaultGroup);
    }
    if name == before.group.name && owner == before.group.owner {
        return Ok(tx.done(before));
    }
    if owner != before.group.owner {
        check_owner(&tx, owner).await?;
    }
    tx.update_group(&before.group, name, owner).await.map_err(taken)?;
    let card = load(&tx, id).await?;
    tx.audit(AuditRecord {
        action: Action::UpdateGroup.name(),
        target: id.to_string(),
        before: Some(audited(&before.group)),
        after: Some(audited(&card.group)),
    });
    Ok(tx.done(card))
}

/// Deletes a group: its people and what backs them go to Default, the rest to Unallocated.
///
/// # Errors
/// [`Error::NotFound`], [`Error::DefaultGroup`].
pub async fn delete_group(mut tx: Tx, caller: &Caller, id: GroupId) -> Result<Done<()>> {
    let before = load(&tx, id).await?;
    Permit::for_group(&caller.actor, Action::DeleteGroup, &before.group.facts())?;
    let heir = tx.default_group().await?;
    if before.group.is_default {
        return Err(Error::DefaultGroup);
    }
    let members = tx.members_of(id).await?;
    let mut books = open_all_books(&mut tx, &members, &[id, heir.id]).await?;
    let command = [Command::DeleteGroup {
        group: id,
        heir: heir.id,
        members,
    }];
    for open in &mut books {
        for answer in tx.post(open, &command, BulkMode::AllOrNothing).await? {
            answer?;
        }
    }
    tx.close_group(&before.group).await?;
    tx.audit(AuditRecord {
        action: Action::DeleteGroup.name(),
        target: id.to_string(),
        before: Some(audited(&before.group)),
        after: None,
    });
    Ok(tx.done(()))
}
