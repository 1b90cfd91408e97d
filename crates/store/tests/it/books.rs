//! The proof as a job: it reads on from where it ended, one instance at a time, keeps what it found, and names the row.

use allowance_domain::allocations::{Command, Insistence};
use allowance_domain::credit_types::{Enforcement, Rollover};
use allowance_store::testing::execute;

use crate::ledger::{Org, whole};
use crate::support::databases;

/// Some allocations and a charge.
async fn busy(store: &allowance_store::Store) -> Org {
    let org = Org::new(store, Enforcement::Warn, Rollover::NONE).await;
    org.set_group(0, 300).await;
    let edits = vec![
        org.edit(org.people[0], Some(100), Some(20)),
        org.edit(org.people[1], Some(5), None),
    ];
    org.run(Command::SetMembers { edits }).await.unwrap();
    charge(&org, store, 30).await;
    org
}

async fn charge(org: &Org, store: &allowance_store::Store, amount: i64) {
    let charge = Command::Charge {
        person: org.people[0],
        charge: store.new_id(),
        amount: whole(amount),
        insistence: Insistence::AsEnforced,
    };
    org.run(charge).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_proof_reads_on_from_where_the_last_one_ended() {
    for database in databases().await {
        let store = &database.store;
        let org = busy(store).await;
        assert_eq!(store.last_proof(org.id).await.unwrap(), None);
        let first = store.prove_books(org.id, false).await.unwrap().unwrap();
        assert_eq!(i64::try_from(first.entries).unwrap(), first.seq);
        charge(&org, store, 1).await;
        org.roll(30).await;
        charge(&org, store, 2).await;
        let beside = store.verify(org.id).await.unwrap();
        let next = store.prove_books(org.id, false).await.unwrap().unwrap();
        assert_eq!(beside, next, "the same, kept or not");
        assert_eq!(next.entries, u64::try_from(next.seq - first.seq).unwrap());
        assert!(next.findings.is_empty(), "{:?}", next.findings);
        let again = store.prove_books(org.id, false).await.unwrap().unwrap();
        assert_eq!((again.entries, again.findings.len()), (0, 0));
        let full = store.prove_books(org.id, true).await.unwrap().unwrap();
        assert_eq!(i64::try_from(full.entries).unwrap(), full.seq);
        assert!(full.findings.is_empty(), "{:?}", full.findings);
        let last = store.last_proof(org.id).await.unwrap().unwrap();
        assert_eq!((last.seq, last.finding), (full.seq, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_kept_until_it_is_right_again_and_nothing_is_built_upon_it() {
    for database in databases().await {
        let store = &database.store;
        let org = busy(store).await;
        store.prove_books(org.id, false).await.unwrap().unwrap();
        charge(&org, store, 4).await;
        execute(store, "UPDATE group_cycle SET used = used + 1 WHERE used > 0")
            .await
            .unwrap();
        let broken = store.prove_books(org.id, false).await.unwrap().unwrap();
        let named = format!("used of group {}", org.groups[0].uuid());
        assert!(broken.findings[0].0.contains(&named), "{:?}", broken.findings);
        let last = store.last_proof(org.id).await.unwrap().unwrap();
        assert_eq!(last.finding.as_ref(), broken.findings.first());
        execute(store, "UPDATE group_cycle SET used = used - 1 WHERE used > 0")
            .await
            .unwrap();
        let mended = store.prove_books(org.id, false).await.unwrap().unwrap();
        assert_eq!(mended.entries, broken.entries, "read again, for nothing was kept");
        assert_eq!(store.last_proof(org.id).await.unwrap().unwrap().finding, None);

        // The proof's own sums are not above suspicion: from the first entry they are made anew.
        execute(store, "UPDATE books_member_sum SET amount = amount + 1")
            .await
            .unwrap();
        assert!(!store.verify(org.id).await.unwrap().findings.is_empty());
        let full = store.prove_books(org.id, true).await.unwrap().unwrap();
        assert!(full.findings.is_empty(), "{:?}", full.findings);
        // Somebody who rewrites history up to the mark has another chain there.
        drop(execute(store, "DROP TRIGGER ledger_batch_no_UPDATE").await);
        let seq = full.seq;
        let forged = match store.last_proof(org.id).await.unwrap() {
            Some(_) => format!(
                "UPDATE ledger_batch SET at = at, hash = (SELECT hash FROM ledger_batch b \
                                WHERE b.last_seq < {seq} ORDER BY b.last_seq LIMIT 1) WHERE last_seq = {seq}"
            ),
            None => unreachable!(),
        };
        execute(store, &forged).await.unwrap();
        let found = store.verify(org.id).await.unwrap();
        assert!(
            found.findings[0].0.contains("proven before"),
            "{:?}",
            found.findings
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_instance_proves_at_a_time_and_books_are_due_in_time() {
    for database in databases().await {
        let (store, clock) = (&database.store, &database.clock);
        let org = busy(store).await;
        let pass = |seconds: i64| clock.set(store.now().plus_seconds(seconds));
        let due = async || store.list_due_books(10).await.unwrap();
        assert_eq!(due().await, [(org.id, true)], "never proven");
        let (a, b, c, d) = tokio::join!(
            store.prove_books(org.id, false),
            store.prove_books(org.id, false),
            store.prove_books(org.id, true),
            store.prove_books(org.id, false),
        );
        let proofs: Vec<_> = [a, b, c, d].into_iter().filter_map(Result::unwrap).collect();
        assert!(!proofs.is_empty());
        assert!(proofs.iter().all(|proof| proof.findings.is_empty()), "{proofs:?}");
        assert!(store.verify(org.id).await.unwrap().findings.is_empty());
        pass(70);
        assert_eq!(due().await, [], "nothing has changed");
        charge(&org, store, 1).await;
        assert_eq!(due().await, [(org.id, false)]);
        store.prove_books(org.id, false).await.unwrap().unwrap();
        pass(3_700);
        assert_eq!(due().await, [(org.id, false)], "rows may change by hand");
        pass(86_400);
        assert_eq!(due().await, [(org.id, true)], "a day later from the first entry");
        // An instance that died in mid-proof holds the others up for a while, not for good.
        execute(
            store,
            &format!(
                "UPDATE books_proof SET leased_until = {}",
                store.now().micros() + 1
            ),
        )
        .await
        .unwrap();
        assert_eq!(due().await, []);
        assert!(store.prove_books(org.id, true).await.unwrap().is_none());
        pass(1);
        assert!(store.prove_books(org.id, true).await.unwrap().is_some());
    }
}
