//! Rows of the grid, with the cells the viewer may edit and the ETag of what is edited.

use std::collections::BTreeMap;

use allowance_domain::allocations::CycleFigures;
use allowance_domain::authz::{Actor, Cell, GroupFacts, group_cells, member_cells};
use allowance_domain::credit_types::Distribution;
use allowance_store::{CreditTypeRow, CycleRow, GroupRow, Holder, MemberRow};
use allowance_values::{CreditTypeId, Credits, PersonId, Timestamp};
use sha2::{Digest, Sha256};

use super::past::group_lines_at;
use crate::context::{App, Caller};
use crate::costs::{AlertLine, own_alerts};
use crate::error::{Error, Result};
use crate::past::look_back;

/// A group's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLine {
    /// The row.
    pub row: GroupRow,
    /// Cells the viewer may edit.
    pub editable: Vec<Cell>,
    /// The ETag of what is edited; usage does not change it.
    pub etag: String,
}

/// All group rows with what stands above them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLines {
    /// Default first, then by name.
    pub lines: Vec<GroupLine>,
    /// The organisation's figures.
    pub figures: CycleFigures,
}

/// A member's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLine {
    /// The person.
    pub holder: Holder,
    /// The row.
    pub row: MemberRow,
    /// Cells the viewer may edit.
    pub editable: Vec<Cell>,
    /// The ETag of what is edited; usage does not change it.
    pub etag: String,
}

/// One credit type in a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletItem {
    /// The credit type.
    pub credit_type: CreditTypeRow,
    /// The open cycle.
    pub cycle: CycleRow,
    /// The viewer's own row.
    pub line: MemberLine,
    /// Thresholds that their own use has crossed in the cycle, newest first.
    pub alerts: Vec<AlertLine>,
}

/// A short tag over amounts: equal content, equal tag.
fn tag(amounts: &[Option<Credits>]) -> String {
    let mut hash = Sha256::new();
    for amount in amounts {
        hash.update(amount.map_or([0xff; 9], |amount| {
            let mut bytes = [0; 9];
            let (_, rest) = bytes.split_at_mut(1);
            rest.copy_from_slice(&amount.micros().to_be_bytes());
            bytes
        }));
    }
    let digest = hash.finalize();
    hex::encode(digest.get(..8).unwrap_or(&digest))
}

impl GroupLine {
    pub(crate) fn of(actor: &Actor, row: GroupRow) -> Self {
        let figures = row.figures;
        let etag = tag(&[
            Some(figures.monthly),
            Some(figures.extra),
            Some(row.standing.reserve),
        ]);
        let editable = if row.is_deleted {
            Vec::new()
        } else {
            group_cells(actor, &GroupFacts { id: row.id }).to_vec()
        };
        Self { row, editable, etag }
    }
}

/// The ETag of a member's cells.
pub(crate) fn member_etag(row: &MemberRow) -> String {
    tag(&[
        Some(row.standing.monthly),
        row.standing.cap,
        Some(row.figures.extra),
    ])
}

impl MemberLine {
    pub(crate) fn of(
        actor: &Actor,
        holder: Holder,
        row: MemberRow,
        is_only_admin: bool,
        distribution: Distribution,
    ) -> Self {
        let is_pool = distribution == Distribution::SharedPool;
        let editable = member_cells(actor, &holder.facts, is_only_admin, is_pool).to_vec();
        let etag = member_etag(&row);
        Self {
            holder,
            row,
            editable,
            etag,
        }
    }
}

/// All group rows the viewer may see, of now or of a past moment.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn list_group_rows(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    as_of: Option<Timestamp>,
) -> Result<GroupLines> {
    let organisation = caller.actor.organisation;
    if let Some(moment) = look_back(app, organisation, credit_type, as_of).await? {
        return group_lines_at(app, caller, &moment).await;
    }
    let cycle = app.current_cycle(organisation, credit_type).await?;
    let (_, figures, _) = app
        .store
        .member_rows(organisation, credit_type, &[])
        .await?
        .ok_or(Error::NotFound)?;
    let rows = app
        .store
        .group_rows(organisation, credit_type, cycle.number)
        .await?;
    let actor = &caller.actor;
    let visible = rows
        .into_iter()
        .filter(|row| actor.reads_everything() || actor.owns(row.id));
    let lines = visible.map(|row| GroupLine::of(actor, row)).collect();
    Ok(GroupLines { lines, figures })
}

/// These people's rows, in the order given; who may see them was decided by whoever chose them.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credit type.
pub(super) async fn member_lines(
    app: &App,
    caller: &Caller,
    credit_type: CreditTypeId,
    people: &[PersonId],
) -> Result<(CreditTypeRow, Vec<MemberLine>)> {
    let organisation = caller.actor.organisation;
    app.current_cycle(organisation, credit_type).await?;
    let loaded = app.store.member_rows(organisation, credit_type, people).await?;
    let (row, _, rows) = loaded.ok_or(Error::NotFound)?;
    let mut holders: BTreeMap<PersonId, Holder> = app.store.holders(organisation, people).await?;
    let is_only_admin = app.store.is_only_admin(organisation, caller.actor.person).await?;
    let distribution = row.terms.distribution;
    let lines = rows
        .into_iter()
        .filter_map(|member| {
            let holder = holders.remove(&member.person)?;
            Some(MemberLine::of(
                &caller.actor,
                holder,
                member,
                is_only_admin,
                distribution,
            ))
        })
        .collect();
    Ok((row, lines))
}

/// The viewer's own row of every credit type.
///
/// # Errors
/// The store's.
pub async fn get_wallet(app: &App, caller: &Caller) -> Result<Vec<WalletItem>> {
    let organisation = caller.actor.organisation;
    let mut items = Vec::new();
    for row in app.store.list_credit_types(organisation).await? {
        let cycle = app.current_cycle(organisation, row.terms.id).await?;
        let (credit_type, lines) = member_lines(app, caller, row.terms.id, &[caller.actor.person]).await?;
        let line = lines.into_iter().next().ok_or(Error::NotFound)?;
        let own = (organisation, caller.actor.person);
        let alerts = own_alerts(app, own, row.terms.id, cycle.id).await?;
        items.push(WalletItem {
            credit_type,
            cycle,
            line,
            alerts,
        });
    }
    Ok(items)
}
