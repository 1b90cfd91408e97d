//! The first visit: one organisation, its Default group, its first admin, its first credit type.
//!
//! There is no default account. While there is no organisation, a one-time token in the server's log opens the door; the
//! command line needs none, because whoever runs it holds the database.

use allowance_domain::credit_types::{Distribution, Enforcement, Rollover, Terms};
use allowance_domain::cycles::{Cadence, ParseTimeZoneError, TimeZone};
use allowance_domain::people::name_key;
use allowance_store::{AuditRecord, Done, Founder, Founding, NewCreditType, Tx};
use allowance_values::{CreditTypeId, Credits, Currency, Decimals, Email, GroupId, PersonId, Rate};

use crate::context::App;
use crate::credit_types::open_credit_type;
use crate::error::{Error, FieldError, FieldErrorKind, Result};
use crate::sessions::{SignedIn, check_new_password, random_token};

/// The name of the one-time token among the server's secrets.
const TOKEN: &str = "setup_token";

/// The first credit type.
#[derive(Debug, Clone)]
pub struct FirstCreditType {
    /// Its name.
    pub name: String,
    /// How often a cycle opens.
    pub cadence: Cadence,
    /// Credits per cycle.
    pub limit: Credits,
    /// Credits per unit of the currency.
    pub rate: Rate,
}

/// A new organisation with its first admin.
#[derive(Clone)]
pub struct NewOrganisation {
    /// Its name.
    pub name: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Its currency.
    pub currency: Currency,
    /// The admin's address.
    pub admin_email: Email,
    /// The admin's name.
    pub admin_name: String,
    /// The admin's password.
    pub admin_password: String,
    /// The first credit type.
    pub credit_type: FirstCreditType,
}

impl App {
    /// Whether set-up is still to be done.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_setup_needed(&self) -> Result<bool> {
        Ok(!self.store.has_organisation().await?)
    }

    /// The one-time token for the first visit, while there is no organisation.
    ///
    /// # Errors
    /// The store's.
    pub async fn setup_token(&self) -> Result<Option<String>> {
        if !self.is_setup_needed().await? {
            return Ok(None);
        }
        Ok(Some(self.store.secret(TOKEN, random_token()).await?))
    }

    /// The first visit: makes the organisation and signs its admin in.
    ///
    /// # Errors
    /// [`Error::AlreadySetUp`], [`Error::WrongToken`], [`Error::Fields`].
    pub async fn set_up(
        &self,
        token: &str,
        new: &NewOrganisation,
        address: &str,
        request_id: String,
    ) -> Result<SignedIn> {
        self.desk.throttle.count("setup", address)?;
        if !self.is_setup_needed().await? {
            return Err(Error::AlreadySetUp);
        }
        self.found(new, Some(token), Some(request_id)).await
    }

    /// Makes an organisation, and a session of its admin, for whoever holds the database.
    ///
    /// # Errors
    /// [`Error::Fields`].
    pub async fn create_organisation(&self, new: &NewOrganisation) -> Result<SignedIn> {
        self.found(new, None, None).await
    }

    async fn found(
        &self,
        new: &NewOrganisation,
        token: Option<&str>,
        request_id: Option<String>,
    ) -> Result<SignedIn> {
        let prepared = &self.prepare_founding(new, request_id).await?;
        self.store
            .found(&prepared.founding, |tx| async move {
                if let Some(token) = token
                    && !tx.use_secret(TOKEN, token).await?
                {
                    return Err(Error::WrongToken);
                }
                let (tx, admin) = prepared.write(tx, new).await?;
                let signed_in = self.begin_session(&tx, admin).await?;
                Ok::<Done<SignedIn>, Error>(tx.done(signed_in))
            })
            .await
    }

    /// Checks everything and does the slow work before any lock is taken.
    pub(crate) async fn prepare_founding(
        &self,
        new: &NewOrganisation,
        request_id: Option<String>,
    ) -> Result<Prepared> {
        check_new_password("/admin_password", &new.admin_password, Some(&new.admin_email))?;
        let zone: TimeZone = new
            .time_zone
            .parse()
            .map_err(|error: ParseTimeZoneError| invalid("/time_zone", &error.to_string()))?;
        check_credit_type(&new.credit_type)?;
        let password_hash = self.desk.passwords.hash(new.admin_password.clone()).await?;
        let founding = Founding {
            name: new.name.trim().to_owned(),
            time_zone: zone.to_string(),
            currency: new.currency,
            request_id,
        };
        Ok(Prepared {
            founding,
            zone,
            password_hash,
        })
    }
}

/// An organisation that only has to be written.
pub(crate) struct Prepared {
    pub(crate) founding: Founding,
    pub(crate) password_hash: String,
    zone: TimeZone,
}

impl Prepared {
    /// Writes what is in a new organisation; gives its admin.
    pub(crate) async fn write(&self, mut tx: Tx, new: &NewOrganisation) -> Result<(Tx, PersonId)> {
        let admin = PersonId::new(tx.new_id());
        tx.insert_founder(Founder {
            person: admin,
            group: GroupId::new(tx.new_id()),
            email: new.admin_email.clone(),
            display_name: new.admin_name.trim().to_owned(),
        })
        .await?;
        tx.set_password(admin, self.password_hash.clone()).await?;
        create_first_credit_type(&mut tx, &new.credit_type, &self.zone).await?;
        let after = serde_json::json!({
            "name": new.name,
            "time_zone": self.zone.to_string(),
            "currency": new.currency.to_string(),
            "admin": admin.to_string(),
        });
        let target = tx.organisation().to_string();
        tx.audit(AuditRecord {
            action: "set_up",
            target,
            before: None,
            after: Some(after),
        });
        Ok((tx, admin))
    }
}

/// What people type and see of the first credit type.
const DECIMALS: Option<Decimals> = Decimals::new(2);

fn check_credit_type(new: &FirstCreditType) -> Result<()> {
    if new.limit.is_negative() {
        return Err(invalid("/limit", "Credits per cycle cannot be negative."));
    }
    if DECIMALS.is_some_and(|decimals| !new.limit.fits(decimals)) {
        return Err(Error::Fields(vec![FieldError {
            pointer: "/limit".to_owned(),
            kind: FieldErrorKind::TooManyDecimals,
            detail: "Use at most two decimals; the settings allow more later.".to_owned(),
        }]));
    }
    Ok(())
}

async fn create_first_credit_type(tx: &mut Tx, new: &FirstCreditType, zone: &TimeZone) -> Result<()> {
    let id = CreditTypeId::new(tx.new_id());
    let new = NewCreditType {
        name: new.name.trim().to_owned(),
        name_key: name_key(&new.name),
        cadence: new.cadence,
        terms: Terms {
            id,
            decimals: DECIMALS.unwrap_or(Decimals::MAX),
            rate: new.rate,
            limit: new.limit,
            enforcement: Enforcement::Warn,
            distribution: Distribution::Individual,
            rollover: Rollover::NONE,
        },
    };
    open_credit_type(tx, new, zone).await
}

fn invalid(pointer: &str, detail: &str) -> Error {
    Error::Fields(vec![FieldError::invalid(pointer, detail)])
}
