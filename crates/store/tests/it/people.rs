//! People and groups against both databases.

use allowance_domain::authz::Role;
use allowance_domain::people::{Profile, search_words};
use allowance_store::{
    Founder, Founding, NewPerson, Origin, PageStart, PeopleFilter, PersonUpdate, Scope, Store, StoreError,
    Total,
};
use allowance_values::{GroupId, OrganisationId, PersonId};

use crate::support::databases;

struct Place {
    store: Store,
    organisation: OrganisationId,
    default: GroupId,
}

impl Place {
    async fn of(store: &Store) -> Self {
        let founding = Founding {
            name: "Acme".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            currency: "EUR".parse().unwrap(),
            request_id: None,
        };
        let (organisation, default) = store
            .found(&founding, |tx| async move {
                let group = GroupId::new(tx.new_id());
                let founder = Founder {
                    person: PersonId::new(tx.new_id()),
                    group,
                    email: "maja@adventure.example".parse().unwrap(),
                    display_name: "Maja Admin".to_owned(),
                };
                tx.insert_founder(founder).await?;
                let organisation = tx.organisation();
                Ok::<_, StoreError>(tx.done((organisation, group)))
            })
            .await
            .unwrap();
        Self {
            store: store.clone(),
            organisation,
            default,
        }
    }

    async fn group(&self, name: &str) -> Result<GroupId, StoreError> {
        let name = &name.to_owned();
        self.store
            .transact(&Origin::system(self.organisation), |mut tx| async move {
                let id = GroupId::new(tx.new_id());
                tx.insert_group(id, name.clone(), None).await?;
                Ok(tx.done(id))
            })
            .await
    }

    fn new_person(&self, name: &str, email: &str, manager: Option<PersonId>) -> NewPerson {
        let mut profile = Profile::new(email.parse().unwrap(), name.to_owned());
        profile.title = Some("Dev".to_owned());
        profile.hired_on = Some("2024-02-29".parse().unwrap());
        NewPerson {
            id: PersonId::new(self.store.new_id()),
            profile,
            manager,
            role: Role::Member,
            group: self.default,
        }
    }

    async fn add(&self, people: &[NewPerson]) -> Result<(), StoreError> {
        self.store
            .transact(&Origin::system(self.organisation), |tx| async move {
                tx.insert_people(people).await?;
                Ok(tx.done(()))
            })
            .await
    }

    async fn names(&self, filter: &PeopleFilter) -> Vec<String> {
        let page = self
            .store
            .list_people(self.organisation, filter, None, 1_000)
            .await
            .unwrap();
        assert_eq!(page.next, None);
        page.rows
            .into_iter()
            .map(|row| row.profile.display_name)
            .collect()
    }

    async fn found_by(&self, text: &str) -> Vec<String> {
        self.names(&PeopleFilter {
            words: search_words(text),
            ..Default::default()
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_read() {
    for database in databases().await {
        let place = Place::of(&database.store).await;
        let boss = place.new_person("Zoë Boss", "zoe@x.example", None);
        let report = NewPerson {
            role: Role::Finance,
            ..place.new_person("李小龙", "li@x.example", Some(boss.id))
        };
        place.add(&[boss.clone(), report.clone()]).await.unwrap();
        let row = place
            .store
            .find_person(place.organisation, report.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.profile, report.profile);
        assert_eq!(
            (row.manager, row.role, row.group, row.version),
            (Some(boss.id), Role::Finance, place.default, 1)
        );
        let cards = place
            .store
            .person_cards(place.organisation, vec![row.clone()])
            .await
            .unwrap();
        assert_eq!(
            cards[0].manager,
            Some(("Zoë Boss".to_owned(), boss.profile.email.clone()))
        );
        assert_eq!(
            (cards[0].group_name.as_str(), cards[0].can_sign_in),
            ("Default", false)
        );

        let mut profile = row.profile.clone();
        profile.title = None;
        profile.display_name = "Bruce Lee".to_owned();
        let update = &PersonUpdate {
            id: row.id,
            profile: profile.clone(),
            manager: None,
        };
        place
            .store
            .transact(&Origin::system(place.organisation), |tx| async move {
                tx.update_people(std::slice::from_ref(update)).await?;
                Ok::<_, StoreError>(tx.done(()))
            })
            .await
            .unwrap();
        let row = place
            .store
            .find_person(place.organisation, report.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((&row.profile, row.manager, row.version), (&profile, None, 2));
        assert_eq!(place.found_by("bruce").await, ["Bruce Lee"]);
        assert!(place.found_by("李").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_taken_whatever_its_case_and_nothing_of_the_batch_stays() {
    for database in databases().await {
        let place = Place::of(&database.store).await;
        place
            .add(&[place.new_person("Ken", "ken@x.example", None)])
            .await
            .unwrap();
        let batch = [
            place.new_person("Ann", "ann@x.example", None),
            place.new_person("Ken 2", "KEN@X.example", None),
        ];
        let refused = place.add(&batch).await.unwrap_err();
        assert!(refused.is_constraint("person_email_unique"), "{refused:?}");
        assert!(place.found_by("ann").await.is_empty());
        // Another organisation may have the address.
        let elsewhere = Place::of(&database.store).await;
        elsewhere
            .add(&[elsewhere.new_person("Ken", "ken@x.example", None)])
            .await
            .unwrap();
        assert_eq!(place.found_by("ken").await, ["Ken"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_the_beginnings_of_their_words() {
    for database in databases().await {
        let place = Place::of(&database.store).await;
        place
            .add(&[
                place.new_person("José Núñez", "jose0@adventure.example", None),
                place.new_person("Seán O’Brien-Smith", "sob@adventure.example", None),
                place.new_person("Anna Müller", "anna.mueller@adventure.example", None),
                place.new_person("Ann Nunez", "an@adventure.example", None),
                place.new_person("100% _Real", "like@adventure.example", None),
            ])
            .await
            .unwrap();
        for (text, names) in [
            ("jose", &["José Núñez"][..]),
            ("NUÑ", &["Ann Nunez", "José Núñez"]),
            ("nun jo", &["José Núñez"]),
            ("brien", &["Seán O’Brien-Smith"]),
            ("o'brien", &["Seán O’Brien-Smith"]),
            ("smith sean", &["Seán O’Brien-Smith"]),
            ("anna.mueller@adv", &["Anna Müller"]),
            ("mueller", &["Anna Müller"]),
            ("ann", &["Ann Nunez", "Anna Müller"]),
            ("nna", &[]),
            ("adventure", &[]),
            (
                "%",
                &[
                    "100% _Real",
                    "Ann Nunez",
                    "Anna Müller",
                    "José Núñez",
                    "Maja Admin",
                    "Seán O’Brien-Smith",
                ],
            ),
            ("100", &["100% _Real"]),
            ("a' OR '1'='1", &[]),
        ] {
            assert_eq!(place.found_by(text).await, names, "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_while_rows_are_inserted_and_totals_are_honest() {
    for database in databases().await {
        let place = Place::of(&database.store).await;
        // Enough that one beginning occurs too often to be sorted, others more than once a person and less than that.
        let many: Vec<NewPerson> = (0..3_500)
            .map(|n| {
                let rare = if n % 700 == 0 { "Rare" } else { "Common" };
                place.new_person(
                    &format!("{rare} Many Manya Manyb Manyc Many{n:04}"),
                    &format!("p{n}@x.example"),
                    None,
                )
            })
            .collect();
        place.add(&many).await.unwrap();
        let list = async |words: &str, after: Option<PageStart>, limit: u64| {
            let filter = PeopleFilter {
                words: search_words(words),
                group: Some(place.default),
                ..Default::default()
            };
            place
                .store
                .list_people(place.organisation, &filter, after.as_ref(), limit)
                .await
                .unwrap()
        };
        let all = list("", None, 25).await;
        assert_eq!(
            (all.rows.len(), all.total),
            (
                25,
                Total {
                    count: 3_501,
                    is_exact: true
                }
            )
        );
        // Walked, and sorted: the same people in the same order, each once.
        let mut orders = Vec::new();
        for word in ["many", "manya"] {
            let (mut names, mut after) = (Vec::new(), None);
            loop {
                let page = list(word, after, 900).await;
                assert_eq!((page.total.count, page.total.is_exact), (1_000, false), "{word}");
                names.extend(page.rows.into_iter().map(|row| row.profile.display_name));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert!(names.len() == 3_500 && names.is_sorted(), "{word}");
            orders.push(names);
        }
        assert_eq!(orders[0], orders[1]);
        let few = list("many rare", None, 3).await;
        assert_eq!(
            (few.rows.len(), few.total),
            (
                3,
                Total {
                    count: 5,
                    is_exact: true
                }
            )
        );
        let rest = list("many rare", few.next, 3).await;
        assert_eq!((rest.rows.len(), rest.next, rest.total.count), (2, None, 5));

        // Walking the pages meets everybody once, and a newcomer before the cursor moves nobody.
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list("", after, 400).await;
            seen.extend(page.rows.iter().map(|row| row.id));
            if seen.len() == 400 {
                place
                    .add(&[place.new_person("Aaron", "aaron@x.example", None)])
                    .await
                    .unwrap();
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 3_501);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 3_501);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_finds_whom_they_may_see() {
    for database in databases().await {
        let place = Place::of(&database.store).await;
        let group = place.group("Sales").await.unwrap();
        let viewer = place.new_person("Viewer", "viewer@x.example", None);
        let report = place.new_person("Report", "report@x.example", Some(viewer.id));
        let member = NewPerson {
            group,
            ..place.new_person("Member", "member@x.example", None)
        };
        let other = place.new_person("Other", "other@x.example", Some(report.id));
        place.add(&[viewer.clone(), report, member, other]).await.unwrap();
        let scope = |groups| {
            Some(Scope {
                person: viewer.id,
                groups,
            })
        };
        let filter = PeopleFilter {
            scope: scope(vec![group]),
            ..Default::default()
        };
        assert_eq!(place.names(&filter).await, ["Member", "Report", "Viewer"]);
        let filter = PeopleFilter {
            scope: scope(vec![]),
            words: search_words("re"),
            ..Default::default()
        };
        assert_eq!(place.names(&filter).await, ["Report"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reporting_line_leads_to_the_top_and_ends_even_in_a_circle() {
    for database in databases().await {
        let place = Place::of(&database.store).await;
        let top = place.new_person("Top", "top@x.example", None);
        let mid = place.new_person("Mid", "mid@x.example", Some(top.id));
        let leaf = place.new_person("Leaf", "leaf@x.example", Some(mid.id));
        let ids = [leaf.id, mid.id, top.id];
        place.add(&[top, mid, leaf]).await.unwrap();
        let line = async || {
            place
                .store
                .transact(&Origin::system(place.organisation), |tx| async move {
                    let line = tx.reporting_line(ids[0]).await?;
                    Ok::<_, StoreError>(tx.done(line))
                })
                .await
                .unwrap()
        };
        assert_eq!(line().await, ids);
        let sql =
            "UPDATE person SET manager_id = (SELECT id FROM person l WHERE l.email_key = 'leaf@x.example'
             AND l.organisation_id = person.organisation_id) WHERE email_key = 'top@x.example'";
        allowance_store::testing::execute(&place.store, sql)
            .await
            .unwrap();
        assert_eq!(line().await, ids);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_groups_are_free_again_after_deletion_and_members_are_counted() {
    for database in databases().await {
        let place = Place::of(&database.store).await;
        let sales = place.group("Sales").await.unwrap();
        assert!(
            place
                .group("SALES")
                .await
                .unwrap_err()
                .is_constraint("allocation_group_name_unique")
        );
        let person = NewPerson {
            group: sales,
            ..place.new_person("A", "a@x.example", None)
        };
        place.add(std::slice::from_ref(&person)).await.unwrap();
        let count = async |id| {
            place
                .store
                .find_group(place.organisation, id)
                .await
                .unwrap()
                .map(|g| g.member_count)
        };
        assert_eq!(
            (count(sales).await, count(place.default).await),
            (Some(1), Some(1))
        );
        let close = async || {
            place
                .store
                .transact(&Origin::system(place.organisation), |mut tx| async move {
                    let group = tx.find_group(sales).await?.unwrap();
                    tx.close_group(&group).await?;
                    Ok::<_, StoreError>(tx.done(()))
                })
                .await
        };
        let refused = close().await.unwrap_err();
        assert!(
            refused.is_constraint("allocation_group_deleted_is_empty"),
            "{refused:?}"
        );
        let sql = "UPDATE allocation_group SET member_count = 0 WHERE name_key = 'sales'";
        allowance_store::testing::execute(&place.store, sql)
            .await
            .unwrap();
        close().await.unwrap();
        assert_eq!(count(sales).await, None);
        place.group("sales").await.unwrap();
    }
}
