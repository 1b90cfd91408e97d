//! Usage from files: the command line shows first what it would do, and whatever comes twice, shuffled or at once from many
//! sides adds up to the same.

use std::collections::BTreeSet;

use allowance_values::CostTotal;
use serde_json::{Value, json};

use crate::metering::Metered;
use crate::program;
use crate::support::{Server, World, everywhere, somewhere_empty};

/// Two hundred requests of an export; see the README beside it for its source and licence.
const USAGE: &str = include_str!("../fixtures/usage.csv");

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    USAGE.lines().skip(1).map(|line| line.split(',').collect())
}

/// A world in dollars whose people are those of the file.
async fn world_of_the_file(server: &Server) -> Metered {
    let metered = Metered::of(World::in_currency(server, "USD").await, "block", "100").await;
    let people: BTreeSet<&str> = rows().map(|row| row[2]).collect();
    let mut csv = "email,display_name\n".to_owned();
    for person in people {
        csv.push_str(&format!("{person},Person of the file\n"));
    }
    let body = Some(("text/csv", csv.into_bytes()));
    let path = "/api/v1/imports/people?dry_run=false";
    let imported = metered.world.admin.send("POST", path, &[], body).await.json(200);
    assert_eq!(imported["refused"], 0, "{imported}");
    metered
}

/// Used of all groups together.
async fn used(metered: &Metered) -> String {
    let path = format!("/credit-types/{}/overview", metered.world.credit_type);
    let overview = metered.world.admin.get(&path).await.json(200);
    overview["cycle"]["used"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_is_imported_once_after_the_difference_was_shown() {
    somewhere_empty(async |server| {
        let metered = world_of_the_file(&server).await;
        let organisation = metered.world.admin.get("/organisation").await.json(200)["name"].clone();
        let file = program::scratch("usage.csv");
        std::fs::write(&file, USAGE).unwrap();
        let import = |more: &[&str]| {
            let file = file.display().to_string();
            let name = organisation.as_str().unwrap();
            let arguments = [&["import", "usage", &file, "--organisation", name], more].concat();
            let output = program::run(&arguments, server.url());
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            (
                output.status.code().unwrap(),
                text,
                String::from_utf8_lossy(&output.stderr).into_owned(),
            )
        };
        let nanos: i128 = rows()
            .map(|row| row[7].parse::<CostTotal>().unwrap().nanos())
            .sum();
        let (cost, credits) = (CostTotal::from_nanos(nanos), CostTotal::from_nanos(nanos * 100));
        let counted =
            format!("200 counted (200 late), costing {cost}, burning {credits} credits; 0 counted before");

        let (code, text, errors) = import(&["--dry-run"]);
        assert_eq!(code, 0, "{text}{errors}");
        assert!(text.contains(&format!("it would be: {counted}")), "{text}");
        assert!(text.contains("nothing was written"), "{text}");
        assert_eq!(used(&metered).await, "0");

        let (code, text, errors) = import(&["--source", "gateway"]);
        assert_eq!(code, 0, "{text}{errors}");
        assert_eq!(text.matches(&counted).count(), 2, "{text}");
        assert_eq!(used(&metered).await, credits.to_string());

        let (_, text, _) = import(&["--source", "gateway"]);
        assert!(
            text.contains("0 counted (0 late), costing 0, burning 0 credits; 200 counted before"),
            "{text}"
        );
        // What came as a file is known however it comes again.
        let row = rows().next().unwrap();
        let event = json!({
            "source": "gateway", "id": row[0], "happened_at": row[1], "email": row[2], "provider": row[3], "model": row[4],
            "metadata": {"input_tokens": row[5], "output_tokens": row[6]}, "cost": {"amount": row[7], "currency": "USD"},
        });
        assert_eq!(
            metered.platform.post("/usage-events", event).await.json(201)["is_replay"],
            true
        );

        std::fs::write(
            &file,
            format!(
                "{USAGE}odd-1,2023-11-16T18:17:03Z,nobody@x.org,a,b,1,1,0.1\nodd-2,soon,x@x.org,a,b,1,1,1\n"
            ),
        )
        .unwrap();
        let (code, text, _) = import(&["--source", "gateway"]);
        assert_eq!(code, 2);
        assert!(text.contains("line 202: refused, nobody here"), "{text}");
        assert!(text.contains("line 203: refused, happened_at"), "{text}");
        assert_eq!(used(&metered).await, credits.to_string());
        let (code, text, errors) = import(&["--credit-type", "No such type"]);
        assert_ne!(code, 0, "{text}");
        assert!(errors.contains("there is no credit type"), "{errors}");
        metered.assert_proven().await;
    });
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = usize::try_from(self.roll(u64::try_from(at + 1).unwrap())).unwrap();
            items.swap(at, other);
        }
    }
}

#[test]
fn thousands_of_events_shuffled_and_sent_from_many_sides_add_up_to_the_last_digit() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "track", "100").await;
        let people = [
            &metered.world.member,
            &metered.world.owner,
            &metered.world.manager,
        ];
        let mut dice = Dice(7);
        let mut total = 0_i128;
        // Costs of seven or eight decimals, as a number where a client sends one.
        let events: Vec<Value> = (0..4_242_u64)
            .map(|number| {
                let nanos = i128::from(dice.roll(200_000_000)) / 10 * 10;
                total += nanos;
                let who = people[usize::try_from(dice.roll(3)).unwrap()];
                json!({
                    "source": "generated", "id": number.to_string(), "email": who.email, "on_insufficient": "record",
                    "happened_at": "2023-11-16T18:17:03Z",
                    "cost": {"amount": CostTotal::from_nanos(nanos).to_string(), "currency": "EUR"},
                })
            })
            .collect();
        let mut sent = Vec::new();
        for size in [500, 97, 13] {
            let mut shuffled = events.clone();
            dice.shuffle(&mut shuffled);
            sent.extend(shuffled.chunks(size).map(|batch| json!(batch)));
        }
        dice.shuffle(&mut sent);
        let mut recorded = 0;
        for some in sent.chunks(24) {
            let posts = some
                .iter()
                .map(|batch| metered.platform.post("/usage-events", batch.clone()));
            for reply in futures_util::future::join_all(posts).await {
                let results = reply.json(200);
                assert_eq!(
                    (&results["refused"], &results["kept"]),
                    (&json!(0), &json!(0)),
                    "{results}"
                );
                recorded += results["recorded"].as_u64().unwrap();
            }
        }
        assert_eq!(recorded, 4_242);
        assert_eq!(
            used(&metered).await,
            CostTotal::from_nanos(total * 100).to_string()
        );
        metered.assert_proven().await;
    });
}
