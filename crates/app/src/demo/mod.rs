//! A small made-up organisation to look at: people, groups, allocations, grants, charges and use, made by the very use
//! cases that people and platforms call, at the times at which they say it was. It takes several transactions: a server
//! that is killed in its first second leaves part of it, and a new database begins anew.
//!
//! Nobody has a known password: one is made up per installation and told to whoever starts the server with `--demo`.

mod requests;
mod usage;

use std::collections::HashMap;
use std::sync::Arc;

use allowance_domain::allocations::{BulkMode, Command, MemberEdit, WhenShort};
use allowance_domain::authz::{Actor, Role};
use allowance_domain::cycles::Cadence;
use allowance_domain::people::email_key;
use allowance_store::{AuditRecord, Done, ManualClock, Origin, Tx};
use allowance_values::{
    CreditTypeId, Credits, Email, Fixed, GrantId, GroupId, PersonId, Rate, RateSide, SessionId,
};

use crate::allocations::{CreateGrant, create_grant};
use crate::charges::{ChargeAmount, CreateCharge, create_charge};
use crate::context::{App, Caller};
use crate::cycles::open_current_book;
use crate::error::{Error, Result};
use crate::groups::{CreateGroup, create_group};
use crate::imports::{ImportPeople, PeopleFile, import_people};
use crate::people::{change_role, move_person};
use crate::sessions::random_token;
use crate::setup::{FirstCreditType, NewOrganisation};
use requests::make_requests;
use usage::make_key;

const PEOPLE: &str = include_str!("people.csv");
const NAME: &str = "Lindqvist & Partners (demo)";
const DOMAIN: &str = "lindqvist.example";
const ADMIN: &str = "ada.lindqvist";
/// Where the password lies among the server's secrets.
const PASSWORD: &str = "demo_password";
/// Credits per cycle.
const LIMIT: i64 = 45_000;
/// It began 40 days ago, so that it has a past cycle.
const FOUNDED_SECONDS_AGO: i64 = 40 * 86_400;

/// A group of the demo, in whole credits. Its people are those of the department of its name.
struct DemoGroup {
    name: &'static str,
    owner: &'static str,
    monthly: i64,
    extra: i64,
    reserve: i64,
    member_monthly: i64,
}

const GROUPS: &[DemoGroup] = &[
    DemoGroup {
        name: "Engineering",
        owner: "bruno.castellano",
        monthly: 18_000,
        extra: 2_000,
        reserve: 1_500,
        member_monthly: 1_250,
    },
    DemoGroup {
        name: "Product",
        owner: "mateo.ruiz",
        monthly: 8_000,
        extra: 500,
        reserve: 500,
        member_monthly: 1_000,
    },
    DemoGroup {
        name: "Sales",
        owner: "sanne.devries",
        monthly: 6_000,
        extra: 0,
        reserve: 400,
        member_monthly: 700,
    },
    DemoGroup {
        name: "Support",
        owner: "zofia.kamińska",
        monthly: 4_500,
        extra: 0,
        reserve: 0,
        member_monthly: 600,
    },
    DemoGroup {
        name: "Finance",
        owner: "fatima.elamrani",
        monthly: 2_000,
        extra: 0,
        reserve: 0,
        member_monthly: 400,
    },
];

/// Roles beside the admin's.
const ROLES: &[(&str, Role)] = &[("fatima.elamrani", Role::Finance), ("ivo.horvat", Role::Auditor)];

/// Who can sign in beside the admin.
const SIGN_INS: &[&str] = &["fatima.elamrani", "ivo.horvat", "bruno.castellano", "elif.yıldız"];

/// Grants: to whom, how much, why.
const GRANTS: &[(&str, i64, &str)] = &[
    ("chidera.okafor", 800, "Evaluation of coding assistants"),
    ("oskar.jørgensen", 250, "Image models for the new onboarding"),
];

/// Charges: who, how much in micro-credits, for what.
const CHARGES: &[(&str, i64, &str)] = &[
    ("viktor.novák", 698_900_000, "Demo environment"),
    ("bianca.moretti", 601_000_000, "Ticket answers, month-end peak"),
];

/// How to sign in to the demo.
#[derive(Debug, Clone)]
pub struct DemoSignIn {
    /// The admin's address.
    pub email: String,
    /// The password of everybody who can sign in.
    pub password: String,
    /// Everybody who can sign in, the admin first.
    pub people: Vec<String>,
}

fn address(local: &str) -> String {
    format!("{local}@{DOMAIN}")
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|error: T::Err| Error::Internal(format!("the demo holds {text:?}: {error}")))
}

const fn whole(credits: i64) -> Credits {
    Credits::from_micros(credits.saturating_mul(1_000_000))
}

impl App {
    /// Loads the demo into an empty database. Says how to sign in where the demo is; nothing where another organisation
    /// is.
    ///
    /// # Errors
    /// The store's.
    pub async fn load_demo(&self) -> Result<Option<DemoSignIn>> {
        let organisations = self.store.list_organisations().await?;
        if !organisations.is_empty() && organisations.iter().all(|(_, name)| name != NAME) {
            return Ok(None);
        }
        let password = self
            .store
            .secret(PASSWORD, random_token().chars().take(16).collect())
            .await?;
        if organisations.is_empty() {
            let factor = Rate::new(RateSide::Factor, Fixed::parse("100", 9).unwrap_or_default());
            let new = NewOrganisation {
                name: NAME.to_owned(),
                time_zone: "Europe/Stockholm".to_owned(),
                currency: parse("EUR")?,
                admin_email: parse(&address(ADMIN))?,
                admin_name: "Ada Lindqvist".to_owned(),
                admin_password: password.clone(),
                credit_type: FirstCreditType {
                    name: "AI usage".to_owned(),
                    cadence: Cadence::CalendarMonth,
                    limit: whole(LIMIT),
                    rate: factor.unwrap_or(Rate::OFF),
                },
            };
            self.found_demo(&new).await?;
        }
        let people = [ADMIN]
            .iter()
            .chain(SIGN_INS)
            .map(|local| address(local))
            .collect();
        Ok(Some(DemoSignIn {
            email: address(ADMIN),
            password,
            people,
        }))
    }
}

impl App {
    /// Founds the demo some weeks ago, lives through them, and leaves it as it stands today.
    async fn found_demo(&self, new: &NewOrganisation) -> Result<()> {
        let now = self.store.now();
        let clock = Arc::new(ManualClock::new(
            now.plus_seconds(FOUNDED_SECONDS_AGO.saturating_neg()),
        ));
        let past = Self::new(self.store.with_clock(clock.clone()), None).await?;
        let prepared = &past.prepare_founding(new, None).await?;
        let filled = &past
            .store
            .found(&prepared.founding, |tx| async move {
                let (tx, admin) = prepared.write(tx, new).await?;
                fill(tx, admin, &prepared.password_hash).await
            })
            .await?;
        past.report_demo_usage(filled, new.currency, &clock, now).await?;
        let origin = Origin::system(filled.caller.actor.organisation);
        self.store
            .transact(&origin, |tx| async move { today(tx, filled).await })
            .await
    }
}

/// Everybody by the part of the address before the `@`.
struct Cast(HashMap<String, PersonId>);

impl Cast {
    fn find(&self, local: &str) -> Result<PersonId> {
        self.0
            .get(local)
            .copied()
            .ok_or_else(|| Error::Internal(format!("the demo has no {local}")))
    }
}

/// The demo as it was founded.
struct Filled {
    cast: Cast,
    /// The groups, in the table's order.
    groups: Vec<GroupId>,
    credit_type: CreditTypeId,
    /// The admin.
    caller: Caller,
    /// The gateway's key.
    key: String,
}

/// People, their roles and groups, and what everybody has per cycle.
async fn fill(mut tx: Tx, admin: PersonId, password_hash: &str) -> Result<Done<Filled>> {
    let caller = Caller {
        actor: Actor {
            person: admin,
            organisation: tx.organisation(),
            role: Role::Admin,
            is_manager: false,
            owned_groups: vec![],
        },
        session: SessionId::new(tx.new_id()),
        request_id: "demo".to_owned(),
    };
    let file = PeopleFile::read(PEOPLE.as_bytes())?;
    (tx, _) = import_people(tx, &caller, &file, ImportPeople::default())
        .await?
        .reopen();
    let (cast, departments) = cast(&tx).await?;
    for (local, role) in ROLES {
        (tx, _) = change_role(tx, &caller, cast.find(local)?, *role).await?.reopen();
    }
    for local in SIGN_INS {
        tx.set_password(cast.find(local)?, password_hash.to_owned())
            .await?;
    }
    let types = tx.list_credit_types().await?;
    let credit_type = types.first().map(|row| row.terms.id).ok_or(Error::NotFound)?;
    let mut groups = Vec::with_capacity(GROUPS.len());
    for group in GROUPS {
        let id;
        (tx, id) = fill_group(tx, &caller, credit_type, group, &cast, &departments).await?;
        groups.push(id);
    }
    let (tx, key) = make_key(tx, &caller).await?;
    Ok(tx.done(Filled {
        cast,
        groups,
        credit_type,
        caller,
        key,
    }))
}

/// What is there of this cycle alone: Extra, grants, charges, requests.
async fn today(mut tx: Tx, demo: &Filled) -> Result<Done<()>> {
    let Filled {
        cast,
        groups,
        credit_type,
        caller,
        key: _,
    } = demo;
    let extras = groups.iter().zip(GROUPS).map(|(group, demo)| Command::SetGroup {
        group: *group,
        monthly: None,
        extra: Some(whole(demo.extra)),
        reserve: None,
    });
    let extras: Vec<Command> = extras.collect();
    let mut open = open_current_book(&mut tx, *credit_type, &[], groups).await?;
    for answer in tx.post(&mut open, &extras, BulkMode::AllOrNothing).await? {
        answer?;
    }
    for (local, amount, reason) in GRANTS {
        let grant = CreateGrant {
            amount: whole(*amount),
            reason: (*reason).to_owned(),
            priority: 100,
            expiry: None,
        };
        (tx, _) = create_grant(tx, caller, *credit_type, cast.find(local)?, &grant)
            .await?
            .reopen();
    }
    for (local, micros, note) in CHARGES {
        let charge = CreateCharge {
            person: cast.find(local)?,
            amount: ChargeAmount::Credits(Credits::from_micros(*micros)),
            note: (*note).to_owned(),
        };
        (tx, _) = create_charge(tx, caller, *credit_type, &charge).await?.reopen();
    }
    Ok(make_requests(tx, *credit_type, cast).await?.done(()))
}

/// Everybody, and the people of each department.
async fn cast(tx: &Tx) -> Result<(Cast, HashMap<String, Vec<PersonId>>)> {
    let mut keys = Vec::new();
    for email in PEOPLE.lines().skip(1).filter_map(|line| line.split(',').next()) {
        keys.push(email_key(&parse::<Email>(email)?));
    }
    let (mut cast, mut departments) = (HashMap::new(), HashMap::<String, Vec<PersonId>>::new());
    for known in tx.existing_people(&keys).await?.people {
        let email = known.profile.email.to_string();
        cast.insert(email.split('@').next().unwrap_or_default().to_owned(), known.id);
        if let Some(department) = known.profile.department {
            departments.entry(department).or_default().push(known.id);
        }
    }
    Ok((Cast(cast), departments))
}

/// Makes a group out of its department and gives everybody their Monthly.
async fn fill_group(
    tx: Tx,
    caller: &Caller,
    credit_type: CreditTypeId,
    demo: &DemoGroup,
    cast: &Cast,
    departments: &HashMap<String, Vec<PersonId>>,
) -> Result<(Tx, GroupId)> {
    let DemoGroup {
        name,
        owner,
        monthly,
        extra: _,
        reserve,
        member_monthly,
    } = demo;
    let new = CreateGroup {
        name: (*name).to_owned(),
        owner: Some(cast.find(owner)?),
    };
    let (mut tx, card) = create_group(tx, caller, &new).await?.reopen();
    let group: GroupId = card.group.id;
    let people = departments.get(*name).cloned().unwrap_or_default();
    for person in &people {
        (tx, _) = move_person(tx, caller, *person, group, WhenShort::Refuse)
            .await?
            .reopen();
    }
    let edits = people.iter().map(|person| MemberEdit {
        person: *person,
        monthly: Some(whole(*member_monthly)),
        extra: None,
        cap: None,
        typed_grant: GrantId::new(tx.new_id()),
    });
    let commands = [
        Command::SetGroup {
            group,
            monthly: Some(whole(*monthly)),
            extra: None,
            reserve: Some(whole(*reserve)),
        },
        Command::SetMembers {
            edits: edits.collect(),
        },
    ];
    let mut open = open_current_book(&mut tx, credit_type, &people, &[group]).await?;
    for answer in tx.post(&mut open, &commands, BulkMode::AllOrNothing).await? {
        answer?;
    }
    let after = serde_json::json!({"group": name, "monthly": monthly, "members_monthly": member_monthly});
    let target = group.to_string();
    tx.audit(AuditRecord {
        action: "load_demo",
        target,
        before: None,
        after: Some(after),
    });
    Ok((tx, group))
}
