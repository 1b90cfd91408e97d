//! Between the contract and the application.

use crate::allocations::convert::person_ref;
use allowance_api_types::audit::AuditEntryView;
use allowance_api_types::ledger::{
    AccountKind, AccountView, BooksView, EntryKind as KindWord, LedgerEntryView, ProofView,
};
use allowance_app::books::{AuditRead, Books, EntryLine};
use allowance_domain::ledger::{Account, EntryKind};
use allowance_store::{AuditLine, LastProof, Proof};
use allowance_values::{ChargeId, GrantId};

const fn kind_word(kind: EntryKind) -> KindWord {
    match kind {
        EntryKind::Opening => KindWord::Opening,
        EntryKind::Limit => KindWord::Limit,
        EntryKind::GroupMonthly => KindWord::GroupMonthly,
        EntryKind::GroupExtra => KindWord::GroupExtra,
        EntryKind::Reserve => KindWord::Reserve,
        EntryKind::Standing => KindWord::Standing,
        EntryKind::Monthly => KindWord::Monthly,
        EntryKind::Grant => KindWord::Grant,
        EntryKind::GrantTakenBack => KindWord::GrantTakenBack,
        EntryKind::Lapse => KindWord::Lapse,
        EntryKind::Move => KindWord::Move,
        EntryKind::Charge => KindWord::Charge,
        EntryKind::Usage => KindWord::Usage,
        EntryKind::Reversal => KindWord::Reversal,
        EntryKind::Hold => KindWord::Hold,
        EntryKind::Capture => KindWord::Capture,
        EntryKind::Release => KindWord::Release,
        EntryKind::CarryOut => KindWord::CarryOut,
        EntryKind::CarryIn => KindWord::CarryIn,
    }
}

const fn account_view(account: Account) -> AccountView {
    let (kind, group_id, person_id) = match account {
        Account::Limit => (AccountKind::Limit, None, None),
        Account::Unallocated => (AccountKind::Unallocated, None, None),
        Account::Group(group) => (AccountKind::Group, Some(group), None),
        Account::Reserve(group) => (AccountKind::Reserve, Some(group), None),
        Account::Member(person, group) => (AccountKind::Member, Some(group), Some(person)),
        Account::Held(person, group) => (AccountKind::Held, Some(group), Some(person)),
        Account::Spent(person, group) => (AccountKind::Spent, Some(group), Some(person)),
        Account::Lapsed => (AccountKind::Lapsed, None, None),
        Account::Carried => (AccountKind::Carried, None, None),
    };
    AccountView {
        kind,
        group_id,
        person_id,
    }
}

/// One entry of the ledger.
pub(crate) fn entry_view(line: EntryLine) -> LedgerEntryView {
    let (is_grant, is_charge) = (line.is_about_a_grant(), line.is_about_a_charge());
    let EntryLine {
        entry,
        cycle_id,
        actor,
        note,
    } = line;
    LedgerEntryView {
        seq: u64::try_from(entry.seq).unwrap_or(0),
        at: entry.at,
        kind: kind_word(entry.kind),
        credit_type_id: entry.credit_type,
        cycle_id,
        from: account_view(entry.from),
        to: account_view(entry.to),
        amount: entry.amount,
        grant_id: entry.subject.filter(|_| is_grant).map(GrantId::new),
        charge_id: entry.subject.filter(|_| is_charge).map(ChargeId::new),
        actor: actor.as_ref().map(person_ref),
        note,
    }
}

pub(super) fn audit_view(read: AuditRead) -> AuditEntryView {
    let AuditRead { line, actor } = read;
    let AuditLine {
        id,
        at,
        actor: _,
        action,
        target,
        before,
        after,
        request_id,
    } = line;
    AuditEntryView {
        id,
        at,
        actor: actor.as_ref().map(person_ref),
        action,
        target,
        before,
        after,
        request_id,
    }
}

pub(super) fn books_view(books: Books) -> BooksView {
    let Books { proof, last } = books;
    let Proof {
        seq,
        head,
        entries: _,
        findings,
    } = proof;
    let head = head.iter().map(|byte| format!("{byte:02x}")).collect();
    BooksView {
        is_proven: findings.is_empty(),
        as_of: u64::try_from(seq).unwrap_or(0),
        head,
        findings: findings.into_iter().map(|finding| finding.0).collect(),
        last_proof: last.map(proof_view),
    }
}

fn proof_view(last: LastProof) -> ProofView {
    let LastProof { at, seq, finding } = last;
    ProofView {
        at,
        is_proven: finding.is_none(),
        as_of: u64::try_from(seq).unwrap_or(0),
        finding: finding.map(|finding| finding.0),
    }
}
