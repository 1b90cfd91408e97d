//! Plans of small files, and what holds for every file.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const COLUMNS: [Field; 4] = [Field::Email, Field::DisplayName, Field::Title, Field::Manager];

fn read(rows: impl IntoIterator<Item = SheetRow>) -> Drafts {
    Drafts::read::<()>(rows.into_iter().map(Ok)).unwrap()
}

fn sheet(rows: &[[&str; 4]]) -> Drafts {
    read(rows.iter().enumerate().map(|(index, texts)| {
        SheetRow {
            line: u64::try_from(index).unwrap() + 2,
            cells: COLUMNS
                .into_iter()
                .zip(texts.iter().map(|text| (*text).to_owned()))
                .collect(),
            width: (4, 4),
        }
    }))
}

fn default_group() -> GroupId {
    format!("grp_{:032x}", 1).parse().unwrap()
}

fn research() -> GroupId {
    format!("grp_{:032x}", 2).parse().unwrap()
}

/// An organisation in memory that takes plans like the real one does.
#[derive(Debug, Clone, Default)]
struct Organisation(Vec<Known>);

impl Organisation {
    fn existing(&self) -> Existing {
        Existing {
            people: self.0.clone(),
            managers: self
                .0
                .iter()
                .filter_map(|known| Some((known.id, known.manager?)))
                .collect(),
            groups: HashMap::from([
                (default_group(), "Default".to_owned()),
                (research(), "Recherche & Développement".to_owned()),
            ]),
        }
    }

    fn apply(&mut self, plan: &Plan) {
        let mut ids: HashMap<usize, PersonId> = HashMap::new();
        let resolve = |superior: &Option<Superior>, ids: &HashMap<usize, PersonId>| match superior {
            Some(Superior::Existing(id)) => Some(*id),
            Some(Superior::Row(index)) => Some(ids[index]),
            None => None,
        };
        for index in &plan.additions {
            let Outcome::Add {
                profile,
                manager,
                group,
            } = &plan.rows[*index].outcome
            else {
                panic!("row {index}")
            };
            let id = format!("per_{:032x}", self.0.len() + 1).parse().unwrap();
            // Panics where a manager is not there before those who report to them.
            let manager = resolve(manager, &ids);
            ids.insert(*index, id);
            self.0.push(Known {
                id,
                profile: profile.as_ref().clone(),
                manager,
                group: group.unwrap_or(default_group()),
            });
        }
        for row in &plan.rows {
            if let Outcome::Change {
                id,
                profile,
                manager,
                group,
                ..
            } = &row.outcome
            {
                let manager = resolve(manager, &ids);
                let known = self.0.iter_mut().find(|known| known.id == *id).unwrap();
                known.profile = profile.clone();
                known.manager = manager;
                known.group = group.unwrap_or(known.group);
            }
        }
    }

    fn import(&mut self, rows: &[[&str; 4]]) -> Plan {
        let plan = sheet(rows).plan(&self.existing());
        self.apply(&plan);
        plan
    }

    /// Name → manager's name.
    fn line(&self) -> BTreeMap<&str, Option<&str>> {
        let name = |id: PersonId| {
            self.0
                .iter()
                .find(|known| known.id == id)
                .map(|known| known.profile.display_name.as_str())
        };
        self.0
            .iter()
            .map(|known| (known.profile.display_name.as_str(), known.manager.and_then(name)))
            .collect()
    }
}

/// Each row's outcome in a letter, with the reasons of those refused.
fn summary(plan: &Plan) -> Vec<String> {
    plan.rows
        .iter()
        .map(|row| match &row.outcome {
            Outcome::Add { .. } => "added".to_owned(),
            Outcome::Change { changes, .. } => changes
                .iter()
                .map(|FieldChange { field, before, after }| format!("{}: {before} → {after}", field.as_str()))
                .collect::<Vec<_>>()
                .join(", "),
            Outcome::Keep => "unchanged".to_owned(),
            Outcome::Refuse { problems, .. } => problems
                .iter()
                .map(|RowProblem { field, reason }| {
                    format!("{}! {reason}", field.map_or("row", Field::as_str))
                })
                .collect::<Vec<_>>()
                .join(", "),
        })
        .collect()
}

#[test]
fn managers_may_stand_below_their_reports_and_a_second_time_changes_nothing() {
    let rows = [
        ["c@x", "C", "", "B@X"],
        ["b@x", "B", "Lead", "a@x"],
        ["a@x", "A", "Chief", ""],
    ];
    let mut organisation = Organisation::default();
    let plan = organisation.import(&rows);
    assert_eq!(summary(&plan), ["added", "added", "added"]);
    assert_eq!(plan.additions, [2, 1, 0]);
    assert_eq!(
        organisation.line(),
        BTreeMap::from([("A", None), ("B", Some("A")), ("C", Some("B"))])
    );
    assert_eq!(
        summary(&organisation.import(&rows)),
        ["unchanged", "unchanged", "unchanged"]
    );
}

#[test]
fn changes_are_named_field_by_field() {
    let mut organisation = Organisation::default();
    organisation.import(&[
        ["a@x", "A", "Chief", ""],
        ["b@x", "B", "Lead", "a@x"],
        ["c@x", "C", "Dev", "b@x"],
    ]);
    let plan = organisation.import(&[["C@x", "Ç", "", "a@x"], ["d@x", "=cmd|'/c calc'!A0", "", "c@x"]]);
    assert_eq!(
        summary(&plan),
        [
            "email: c@x → C@x, display_name: C → Ç, title: Dev → , manager_email: b@x → a@x",
            "added"
        ]
    );
    assert_eq!(
        organisation.line(),
        BTreeMap::from([
            ("A", None),
            ("B", Some("A")),
            ("Ç", Some("A")),
            ("=cmd|'/c calc'!A0", Some("Ç"))
        ])
    );
}

#[test]
fn a_missing_column_keeps_what_is_known() {
    let mut organisation = Organisation::default();
    organisation.import(&[["a@x", "A", "Chief", ""], ["b@x", "B", "Lead", "a@x"]]);
    let row = SheetRow {
        line: 2,
        cells: vec![
            (Field::DisplayName, "Bee".to_owned()),
            (Field::Email, "b@x".to_owned()),
        ],
        width: (2, 2),
    };
    let plan = read([row]).plan(&organisation.existing());
    assert_eq!(summary(&plan), ["display_name: B → Bee"]);
    organisation.apply(&plan);
    assert_eq!(organisation.0[1].profile.title.as_deref(), Some("Lead"));
    assert_eq!(organisation.line()["Bee"], Some("A"));
}

#[test]
fn the_first_of_two_rows_with_one_address_counts() {
    let mut organisation = Organisation::default();
    let plan = organisation.import(&[
        ["ken@x", "Ken", "", ""],
        ["KEN@x", "Kenneth", "", ""],
        ["bad@x", "", "", ""],
        ["BAD@x", "Good", "", ""],
        ["ken@X", "Kenny", "", ""],
    ]);
    assert_eq!(
        summary(&plan),
        [
            "added",
            "email! line 2 has the same address",
            "display_name! it is missing",
            "email! line 4 has the same address",
            "email! line 2 has the same address",
        ]
    );
}

#[test]
fn rows_with_broken_texts_are_refused_with_every_reason() {
    let long = "x".repeat(201);
    let mut organisation = Organisation::default();
    let mut plan = organisation.import(&[
        ["", "A", "", ""],
        ["nobody", "B", "", ""],
        ["c@x", " ", &long, "nowhere"],
        ["d@x", "D\u{7}", "", "D@X"],
    ]);
    assert_eq!(
        summary(&plan),
        [
            "email! it is missing",
            "email! not an e-mail address",
            "display_name! it is missing, title! at most 200 characters, manager_email! not an e-mail address",
            "display_name! no line breaks, tabs or other control characters, manager_email! the reporting line would \
             run in a circle",
        ]
    );
    let ragged = SheetRow {
        line: 9,
        cells: vec![(Field::Email, "e@x".to_owned())],
        width: (1, 4),
    };
    plan = read([ragged]).plan(&organisation.existing());
    assert_eq!(summary(&plan), ["row! the row has 1 cells, the header 4"]);
    assert!(organisation.0.is_empty());
}

#[test]
fn a_refused_manager_takes_along_new_reports_down_the_line() {
    let mut organisation = Organisation::default();
    organisation.import(&[["old@x", "Old", "", ""]]);
    let plan = organisation.import(&[
        ["leaf@x", "Leaf", "", "mid@x"],
        ["mid@x", "Mid", "", "top@x"],
        ["top@x", "", "", ""],
        ["lost@x", "Lost", "", "nobody@x"],
        ["below@x", "Below", "", "lost@x"],
        ["old@x", "Older", "", "below@x"],
        ["fine@x", "Fine", "", "old@x"],
    ]);
    assert_eq!(
        summary(&plan),
        [
            "manager_email! the manager is refused in line 3",
            "manager_email! the manager is refused in line 4",
            "display_name! it is missing",
            "manager_email! nobody has this address, neither in the file nor in the organisation",
            "manager_email! the manager is refused in line 5",
            "manager_email! the manager is refused in line 6",
            "added",
        ]
    );
    assert_eq!(
        organisation.line(),
        BTreeMap::from([("Old", None), ("Fine", Some("Old"))])
    );
}

#[test]
fn circles_are_refused_with_what_hangs_on_them() {
    let circle = "manager_email! the reporting line would run in a circle";
    let mut organisation = Organisation::default();
    let plan = organisation.import(&[
        ["a@x", "A", "", "c@x"],
        ["b@x", "B", "", "a@x"],
        ["c@x", "C", "", "b@x"],
        ["d@x", "D", "", "c@x"],
        ["e@x", "E", "", ""],
    ]);
    let expected = [
        circle,
        circle,
        circle,
        "manager_email! the manager is refused in line 4",
        "added",
    ];
    assert_eq!(summary(&plan), expected);
}

#[test]
fn a_circle_with_people_who_are_there_is_cut_where_it_is_new() {
    let circle = "manager_email! the reporting line would run in a circle";
    let mut organisation = Organisation::default();
    organisation.import(&[
        ["a@x", "A", "", ""],
        ["b@x", "B", "", "a@x"],
        ["c@x", "C", "", "b@x"],
    ]);
    let plan = organisation.import(&[["a@x", "A", "", "c@x"], ["b@x", "B", "New", "a@x"]]);
    assert_eq!(summary(&plan), [circle, "title:  → New"]);
    // Turning the line round is no circle …
    let plan = organisation.import(&[["b@x", "B", "New", ""], ["a@x", "A", "", "b@x"]]);
    assert_eq!(summary(&plan), ["manager_email: a@x → ", "manager_email:  → b@x"]);
    // … unless the half that makes it possible is refused.
    let plan = organisation.import(&[
        ["a@x", "A", "", ""],
        ["b@x", "B", "New", "a@x"],
        ["a@x", "A", "", ""],
    ]);
    assert_eq!(
        summary(&plan)[..2],
        ["manager_email: b@x → ", "manager_email:  → a@x"]
    );
    let plan = organisation.import(&[
        ["b@x", "", "", ""],
        ["a@x", "A", "", "b@x"],
        ["c@x", "C", "", "a@x"],
    ]);
    assert_eq!(
        summary(&plan),
        ["display_name! it is missing", circle, "manager_email: b@x → a@x"]
    );
}

#[test]
fn a_line_of_a_hundred_thousand_is_quick() {
    let address = |n: u32| format!("p{n}@x");
    let row = |n: u32| SheetRow {
        line: u64::from(n) + 2,
        cells: vec![
            (Field::Email, address(n)),
            (Field::DisplayName, format!("P {n}")),
            (
                Field::Manager,
                if n == 99_999 {
                    String::new()
                } else {
                    address(n + 1)
                },
            ),
        ],
        width: (3, 3),
    };
    let plan = read((0..100_000).map(row)).plan(&Existing::default());
    assert_eq!(plan.additions.len(), 100_000);
    assert_eq!(plan.additions[0], 99_999);
}

fn any_row() -> impl Strategy<Value = [String; 4]> {
    let address = || (0..9_u8).prop_map(|n| format!("{}@x", char::from(b'a' + n)));
    (
        address(),
        prop::option::weighted(0.9, 0..3_u8),
        prop::option::weighted(0.8, address()),
        any::<bool>(),
    )
        .prop_map(|(email, name, manager, is_loud)| {
            let email = if is_loud { email.to_uppercase() } else { email };
            [
                email,
                name.map(|n| n.to_string()).unwrap_or_default(),
                String::new(),
                manager.unwrap_or_default(),
            ]
        })
}

fn import_owned(organisation: &mut Organisation, rows: &[[String; 4]]) -> Plan {
    let rows: Vec<[&str; 4]> = rows
        .iter()
        .map(|row| row.each_ref().map(String::as_str))
        .collect();
    organisation.import(&rows)
}

proptest! {
    /// INVARIANT(import-repeats)
    #[test]
    fn any_files_leave_a_forest_and_repeat_without_effect(
        files in prop::collection::vec(prop::collection::vec(any_row(), 0..14), 1..5),
    ) {
        let mut organisation = Organisation::default();
        for file in &files {
            let before: BTreeSet<PersonId> = organisation.0.iter().map(|known| known.id).collect();
            let plan = import_owned(&mut organisation, file);
            prop_assert_eq!(plan.rows.len(), file.len());

            // Nobody is lost and nobody is there twice.
            let ids: BTreeSet<PersonId> = organisation.0.iter().map(|known| known.id).collect();
            let keys: BTreeSet<String> = organisation.0.iter().map(|known| email_key(&known.profile.email)).collect();
            prop_assert!(ids.is_superset(&before));
            prop_assert_eq!(keys.len(), organisation.0.len());

            // From everybody the line leads to a top.
            let managers = organisation.existing().managers;
            for id in ids {
                let line: Vec<PersonId> =
                    std::iter::successors(Some(id), |at| managers.get(at).copied()).take(20).collect();
                prop_assert!(line.len() < 20, "a circle at {}", id);
            }

            // The same file again: whoever was taken is unchanged, and nothing is written.
            let taken: Vec<usize> = (0..file.len())
                .filter(|&index| !matches!(plan.rows[index].outcome, Outcome::Refuse { .. }))
                .collect();
            let settled = organisation.clone();
            let kept: Vec<[String; 4]> = taken.iter().map(|&index| file[index].clone()).collect();
            let again = import_owned(&mut organisation, &kept);
            prop_assert!(again.rows.iter().all(|row| row.outcome == Outcome::Keep), "{:?}", summary(&again));
            prop_assert_eq!(&organisation.0, &settled.0);
        }
    }
}

#[test]
fn a_group_is_found_by_its_name_and_an_empty_cell_leaves_people_where_they_are() {
    let columns = [Field::Email, Field::DisplayName, Field::Manager, Field::Group];
    let file = |rows: &[[&str; 4]]| {
        read(rows.iter().enumerate().map(|(index, texts)| {
            SheetRow {
                line: u64::try_from(index).unwrap() + 2,
                cells: columns
                    .into_iter()
                    .zip(texts.iter().map(|text| (*text).to_owned()))
                    .collect(),
                width: (4, 4),
            }
        }))
    };
    let mut organisation = Organisation::default();
    let mut import = |rows: &[[&str; 4]]| {
        let plan = file(rows).plan(&organisation.existing());
        organisation.apply(&plan);
        let groups: Vec<GroupId> = organisation.0.iter().map(|known| known.group).collect();
        (summary(&plan), groups)
    };
    let first = [
        ["ann@x", "Ann", "", " recherche & developpement "],
        ["bob@x", "Bob", "", ""],
        ["cid@x", "Cid", "dan@x", "Default"],
        ["dan@x", "Dan", "", "Nowhere"],
    ];
    let (said, groups) = import(&first);
    assert_eq!(
        said,
        [
            "added",
            "added",
            "manager_email! the manager is refused in line 5",
            "group! there is no group of this name"
        ]
    );
    assert_eq!(groups, [research(), default_group()]);
    let (said, groups) = import(&[
        ["ann@x", "Ann", "", ""],
        ["BOB@x", "Bob", "", "Recherche & Développement"],
    ]);
    assert_eq!(said[0], "unchanged");
    assert_eq!(
        said[1],
        "email: bob@x → BOB@x, group: Default → Recherche & Développement"
    );
    assert_eq!(groups, [research(), research()]);
    let (said, _) = import(&[
        ["ann@x", "Ann", "", ""],
        ["BOB@x", "Bob", "", "Recherche & Développement"],
    ]);
    assert_eq!(said, ["unchanged", "unchanged"]);
}
