//! Who may do what to which row, by role and by what they own and manage.

use allowance_values::OrganisationId;

use super::*;

fn id(n: u128) -> PersonId {
    format!("per_{n:032x}").parse().unwrap()
}

fn group(n: u128) -> GroupId {
    format!("grp_{n:032x}").parse().unwrap()
}

fn actor(role: Role) -> Actor {
    let organisation: OrganisationId = format!("org_{:032x}", 1).parse().unwrap();
    Actor {
        person: id(1),
        organisation,
        role,
        is_manager: false,
        owned_groups: vec![],
    }
}

fn person(n: u128, manager: u128, in_group: u128) -> PersonFacts {
    PersonFacts {
        id: id(n),
        manager: Some(id(manager)),
        group: group(in_group),
    }
}

#[test]
fn an_auditor_reads_everything_and_changes_nothing() {
    let changes = |permission: Permission| {
        matches!(
            permission,
            Permission::ManagePeople
                | Permission::ChangeRoles
                | Permission::ManageGroups
                | Permission::ManageCreditTypes
                | Permission::AllocateGroups
                | Permission::AllocateMembers
                | Permission::DecideRequests
                | Permission::ManageOrganisation
                | Permission::ManageApiKeys
                | Permission::RecordUsage
                | Permission::PlaceHolds
                | Permission::ReleaseHolds
                | Permission::Charge
                | Permission::MatchUsage
                | Permission::ManageExchangeRates
        )
    };
    let auditor = Actor {
        owned_groups: vec![group(1)],
        is_manager: true,
        ..actor(Role::Auditor)
    };
    for &action in Action::ALL {
        let expected = !changes(action.permission());
        assert_eq!(
            matches!(may(&auditor, action), Verdict::Allowed(_)),
            expected,
            "{action:?}"
        );
    }
}

#[test]
fn a_manager_reads_reports_and_edits_none() {
    let manager = Actor {
        is_manager: true,
        ..actor(Role::Member)
    };
    let report = person(2, 1, 7);
    let other = person(3, 9, 7);
    assert!(Permit::for_person(&manager, Action::ExplainMember, &report, false).is_ok());
    assert_eq!(
        Permit::for_person(&manager, Action::ExplainMember, &other, false),
        Err(Denial::Invisible)
    );
    assert_eq!(
        Permit::for_person(&manager, Action::UpdateMemberAllocation, &report, false),
        Err(Denial::Forbidden)
    );
}

#[test]
fn a_group_owner_distributes_within_the_group_but_not_to_themselves() {
    let owner = Actor {
        owned_groups: vec![group(7)],
        ..actor(Role::Member)
    };
    let act = |who| Permit::for_person(&owner, Action::UpdateMemberAllocation, &who, false);
    assert!(act(person(2, 9, 7)).is_ok());
    assert_eq!(act(person(2, 9, 8)), Err(Denial::Invisible));
    assert_eq!(act(person(1, 9, 7)), Err(Denial::OwnAffair));
    assert_eq!(group_cells(&owner, &GroupFacts { id: group(7) }), [Cell::Reserve]);
    assert_eq!(group_cells(&owner, &GroupFacts { id: group(8) }), []);
    assert_eq!(
        Permit::for_group(&owner, Action::UpdateGroup, &GroupFacts { id: group(7) }),
        Err(Denial::Forbidden)
    );
}

#[test]
fn an_owner_who_manages_somebody_elsewhere_reads_them_only() {
    let both = Actor {
        is_manager: true,
        owned_groups: vec![group(7)],
        ..actor(Role::Member)
    };
    let report_elsewhere = person(2, 1, 8);
    assert!(Permit::for_person(&both, Action::ExplainMember, &report_elsewhere, false).is_ok());
    assert_eq!(
        Permit::for_person(&both, Action::UpdateMemberAllocation, &report_elsewhere, false),
        Err(Denial::Forbidden)
    );
}

#[test]
fn a_request_is_decided_by_those_above_the_requester_and_never_by_the_requester() {
    let facts = |managers_decide| RequestFacts {
        requester: person(2, 1, 7),
        decided_by: None,
        managers_decide,
    };
    let decide =
        |actor: &Actor, facts| Permit::for_request(actor, Action::ApproveCreditRequest, &facts).map(|_| ());
    let read =
        |actor: &Actor, facts| Permit::for_request(actor, Action::GetCreditRequest, &facts).map(|_| ());
    let manager = Actor {
        is_manager: true,
        ..actor(Role::Member)
    };
    let owner = Actor {
        owned_groups: vec![group(7)],
        ..actor(Role::Member)
    };
    assert_eq!(decide(&actor(Role::Admin), facts(false)), Ok(()));
    assert_eq!(decide(&owner, facts(false)), Ok(()));
    assert_eq!(decide(&manager, facts(true)), Ok(()));
    assert_eq!(decide(&manager, facts(false)), Err(Denial::Invisible));
    assert_eq!(decide(&actor(Role::Member), facts(true)), Err(Denial::Invisible));
    for role in [Role::Auditor, Role::Finance] {
        assert_eq!(read(&actor(role), facts(false)), Ok(()));
        assert_eq!(decide(&actor(role), facts(true)), Err(Denial::Forbidden));
    }
    let own = RequestFacts {
        requester: person(1, 1, 7),
        ..facts(true)
    };
    for actor in [&actor(Role::Admin), &owner, &manager] {
        assert_eq!(decide(actor, own), Err(Denial::OwnAffair));
        assert_eq!(read(actor, own), Ok(()));
    }
    // Whoever decided it keeps reading it, nothing more; only the requester answers and withdraws.
    let decided = RequestFacts {
        decided_by: Some(id(1)),
        ..facts(false)
    };
    assert_eq!(read(&manager, decided), Ok(()));
    assert_eq!(decide(&manager, decided), Err(Denial::Forbidden));
    let withdraw =
        |actor, facts| Permit::for_request(actor, Action::WithdrawCreditRequest, &facts).map(|_| ());
    assert_eq!(withdraw(&manager, own), Ok(()));
    assert_eq!(withdraw(&owner, facts(false)), Err(Denial::Forbidden));
}

#[test]
fn nobody_decides_for_themselves_except_the_only_admin_about_an_allocation() {
    let admin = actor(Role::Admin);
    let own = person(1, 9, 7);
    let act = |action, is_only_admin| Permit::for_person(&admin, action, &own, is_only_admin);
    assert_eq!(act(Action::UpdateMemberAllocation, false), Err(Denial::OwnAffair));
    assert!(act(Action::UpdateMemberAllocation, true).unwrap().is_own_affair());
    assert_eq!(act(Action::ChangeRole, true), Err(Denial::OwnAffair));
    assert!(!act(Action::UpdatePerson, false).unwrap().is_own_affair());
}

#[test]
fn a_member_sees_only_their_own_row() {
    let member = actor(Role::Member);
    assert!(Permit::for_person(&member, Action::ExplainMember, &person(1, 9, 7), false).is_ok());
    assert_eq!(
        Permit::for_person(&member, Action::ExplainMember, &person(2, 9, 7), false),
        Err(Denial::Invisible)
    );
    assert_eq!(may(&member, Action::ListPeople), Verdict::Refused);
}

#[test]
fn operation_ids_are_snake_case_and_distinct() {
    let mut names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Action::ALL.len());
    assert!(
        names
            .iter()
            .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    );
}
