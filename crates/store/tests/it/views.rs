//! A view of members read at a glance is the view of their rows: whoever stands behind, carries something or holds credits
//! whose time has come is ordered and filtered by what the row shows.

use allowance_domain::allocations::{MemberFigure, MemberFilter, ViewedMember};
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover};
use allowance_store::{MemberRow, MemberView, OrderBy};
use allowance_values::PersonId;

use crate::ledger::{Dice, Org, whole};
use crate::past::command;
use crate::support::databases;

async fn assert_views_show_what_rows_show(org: &Org, distribution: Distribution, what: &str) {
    // Among equal figures the names decide.
    let by_name = org
        .store
        .member_places(org.id, org.credit_type, &MemberView::default(), usize::MAX)
        .await;
    let by_name: Vec<PersonId> = by_name
        .unwrap()
        .unwrap()
        .iter()
        .map(|place| place.at.id)
        .collect();
    let rows = org.store.member_rows(org.id, org.credit_type, &by_name).await;
    let (_, _, rows) = rows.unwrap().unwrap();
    let viewed = |row: &MemberRow| ViewedMember {
        distribution,
        standing: row.standing,
        figures: row.figures,
        remaining: row.remaining,
    };
    let orders = [
        MemberFigure::Monthly,
        MemberFigure::Extra,
        MemberFigure::Used,
        MemberFigure::Remaining,
    ];
    let filters = [
        None,
        Some(MemberFilter::Over),
        Some(MemberFilter::Unused),
        Some(MemberFilter::WithoutMonthly),
        Some(MemberFilter::WithExtra),
    ];
    for (figure, only) in orders
        .into_iter()
        .flat_map(|order| filters.map(|only| (order, only)))
    {
        let view = MemberView {
            only,
            by: Some(OrderBy {
                figure,
                is_descending: true,
            }),
            ..MemberView::default()
        };
        let places = org
            .store
            .member_places(org.id, org.credit_type, &view, usize::MAX)
            .await;
        let places = places.unwrap().unwrap();
        let mut expected: Vec<&MemberRow> = rows
            .iter()
            .filter(|row| only.is_none_or(|only| only.shows(&viewed(row))))
            .collect();
        expected.sort_by_key(|row| std::cmp::Reverse(figure.of(&viewed(row))));
        let expected: Vec<(PersonId, _)> = expected
            .into_iter()
            .map(|row| (row.person, figure.of(&viewed(row))))
            .collect();
        let shown: Vec<(PersonId, _)> = places.iter().map(|place| (place.at.id, place.figure)).collect();
        assert_eq!(shown, expected, "{what}: {figure:?}, {only:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_orders_and_filters_by_what_the_rows_show_whoever_was_brought_forward() {
    for database in databases().await {
        let rollover = Rollover {
            percent: 50,
            cap: Some(whole(40)),
            cycles: 2,
        };
        let org = Org::new(&database.store, Enforcement::Warn, rollover).await;
        let mut dice = Dice(41);
        let mut distribution = Distribution::Individual;
        for round in 0..160 {
            database.clock.set(org.store.now().plus_seconds(7_200));
            match round % 40 {
                24 => {
                    distribution = match distribution {
                        Distribution::Individual => Distribution::SharedPool,
                        Distribution::SharedPool => Distribution::Individual,
                    };
                    org.switch(distribution).await;
                }
                39 => {
                    // Two boundaries at once: nobody was brought forward into the cycle between them.
                    for _ in 0..2 {
                        let open = org.store.open_cycle_of(org.id, org.credit_type).await.unwrap();
                        database.clock.set(open.ends_at);
                        org.roll(30).await;
                    }
                }
                _ => {
                    let _refused = org.run(command(&org, &mut dice)).await;
                }
            }
            if round % 4 == 3 {
                assert_views_show_what_rows_show(&org, distribution, &format!("round {round}")).await;
            }
            if round % 20 == 11 {
                // Time passes and nobody posts: dated grants end.
                database.clock.set(org.store.now().plus_seconds(5 * 86_400));
                assert_views_show_what_rows_show(&org, distribution, &format!("days after round {round}"))
                    .await;
            }
        }
    }
}
