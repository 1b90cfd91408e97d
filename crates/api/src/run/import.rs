//! `allowance import …`: files from the terminal, with the difference in words.

use std::path::Path;
use std::process::ExitCode;

use allowance_app::App;
use allowance_app::imports::{AllocationFile, ImportPeople, PeopleFile, Tally, UsageFile, UsageImported};
use allowance_domain::allocations::{AllocationOutcome, Cells};
use allowance_domain::people::Outcome;
use allowance_values::{CreditTypeId, Credits, OrganisationId};

use super::{open, say};
use crate::cli::{Import, YesNo};
use crate::serve::StartError;
use crate::settings::Settings;

/// Imports a file, or says what would be done. Exit code 0 only when no row was refused.
pub(super) async fn run(settings: &Settings, what: Import) -> Result<ExitCode, StartError> {
    match what {
        Import::People {
            file,
            dry_run,
            joiners,
            organisation,
        } => {
            let file = PeopleFile::read(&read(&file)?)?;
            let app = open(settings).await?;
            let organisation = organisation_of(&app, organisation.as_deref()).await?;
            let how = ImportPeople {
                is_dry_run: dry_run,
                are_joiners: joiners.map(|answer| answer == YesNo::Yes),
            };
            import_people(&app, organisation, &file, how).await
        }
        Import::Usage {
            file,
            dry_run,
            source,
            credit_type,
            organisation,
        } => {
            let bytes = read(&file)?;
            let app = open(settings).await?;
            let organisation = organisation_of(&app, organisation.as_deref()).await?;
            let credit_type = match credit_type {
                None => None,
                Some(name) => Some(credit_type_of(&app, organisation, &name).await?),
            };
            let currency = app
                .store
                .get_organisation(organisation)
                .await
                .map_err(allowance_app::Error::from)?
                .currency;
            let file = UsageFile::read(&bytes, &source, currency)?;
            import_usage(&app, organisation, credit_type, &file, dry_run).await
        }
        Import::Allocations {
            file,
            credit_type,
            dry_run,
            organisation,
        } => {
            let file = AllocationFile::read(&read(&file)?)?;
            let app = open(settings).await?;
            let organisation = organisation_of(&app, organisation.as_deref()).await?;
            let credit_type = credit_type_of(&app, organisation, &credit_type).await?;
            import_allocations(&app, organisation, credit_type, &file, dry_run).await
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, StartError> {
    std::fs::read(path).map_err(|error| StartError::Other(format!("cannot read {}: {error}", path.display())))
}

async fn organisation_of(app: &App, name: Option<&str>) -> Result<OrganisationId, StartError> {
    let all = app
        .store
        .list_organisations()
        .await
        .map_err(allowance_app::Error::from)?;
    let mut named = all
        .iter()
        .filter(|(_, known)| name.is_none_or(|wanted| wanted == known));
    match (named.next(), named.next()) {
        (Some((only, _)), None) => Ok(*only),
        (None, _) => Err(StartError::Other(
            "there is no such organisation; make one by create-admin".into(),
        )),
        (Some(_), Some(_)) => Err(StartError::Other(
            "there are several organisations; name one by --organisation".into(),
        )),
    }
}

async fn credit_type_of(
    app: &App,
    organisation: OrganisationId,
    name: &str,
) -> Result<CreditTypeId, StartError> {
    let all = app
        .store
        .list_credit_types(organisation)
        .await
        .map_err(allowance_app::Error::from)?;
    let named = all.iter().find(|row| row.name == name);
    named.map(|row| row.terms.id).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|row| row.name.as_str()).collect();
        StartError::Other(format!(
            "there is no credit type {name:?}; there are: {}",
            names.join(", ")
        ))
    })
}

async fn import_people(
    app: &App,
    organisation: OrganisationId,
    file: &PeopleFile,
    how: ImportPeople,
) -> Result<ExitCode, StartError> {
    let is_dry_run = how.is_dry_run;
    let imported = app.import_people(organisation, file, how).await?;
    say_unknown(&imported.unknown_columns);
    for row in &imported.plan.rows {
        match &row.outcome {
            Outcome::Refuse { email, problems, .. } => {
                let reasons: Vec<String> = problems
                    .iter()
                    .map(|problem| problem.reason.to_string())
                    .collect();
                say(&format!(
                    "line {}, {email}: refused, {}",
                    row.line,
                    reasons.join("; ")
                ));
            }
            Outcome::Add { profile, .. } if is_dry_run => {
                say(&format!("line {}, {}: new", row.line, profile.email))
            }
            Outcome::Change { profile, changes, .. } if is_dry_run => {
                let changes: Vec<String> = changes
                    .iter()
                    .map(|change| {
                        format!(
                            "{} \"{}\" → \"{}\"",
                            change.field.as_str(),
                            change.before,
                            change.after
                        )
                    })
                    .collect();
                say(&format!(
                    "line {}, {}: {}",
                    row.line,
                    profile.email,
                    changes.join(", ")
                ));
            }
            Outcome::Add { .. } | Outcome::Change { .. } | Outcome::Keep => {}
        }
    }
    let joining = match imported.are_joiners {
        Some(true) => {
            Some("new people join now: they get the credits of new users; --joiners=no says otherwise")
        }
        Some(false) => {
            Some("new people were there before: they get no credits of new users; --joiners says otherwise")
        }
        None => None,
    };
    if how.are_joiners.is_none()
        && let Some(joining) = joining
    {
        say(joining);
    }
    if !imported.short_of_credits.is_empty() {
        let count = imported.short_of_credits.len();
        say(&format!(
            "{count} of those who move lose what their new group cannot fund"
        ));
    }
    Ok(say_tally(imported.tally(), is_dry_run))
}

async fn import_allocations(
    app: &App,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    file: &AllocationFile,
    is_dry_run: bool,
) -> Result<ExitCode, StartError> {
    let imported = app
        .import_allocations(organisation, credit_type, file, is_dry_run)
        .await?;
    say_unknown(&imported.unknown_columns);
    for row in &imported.rows {
        let what = match &row.outcome {
            AllocationOutcome::Refuse { problems, .. } => {
                let reasons = problems.iter().map(|problem| {
                    let column = problem.column.map(|column| format!("{}: ", column.as_str()));
                    format!("{}{}", column.unwrap_or_default(), problem.reason)
                });
                format!("refused, {}", reasons.collect::<Vec<_>>().join("; "))
            }
            AllocationOutcome::Change { before, after, .. } if is_dry_run => difference(before, after),
            AllocationOutcome::Change { .. } | AllocationOutcome::Keep => continue,
        };
        say(&format!("line {}, {}: {what}", row.line, row.email));
    }
    Ok(say_tally(imported.tally(), is_dry_run))
}

/// Says what the import would do, and then does it.
async fn import_usage(
    app: &App,
    organisation: OrganisationId,
    credit_type: Option<CreditTypeId>,
    file: &UsageFile,
    is_dry_run: bool,
) -> Result<ExitCode, StartError> {
    say_unknown(&file.unknown_columns);
    let planned = app.import_usage(organisation, file, credit_type, true).await?;
    for (line, why) in &planned.refused {
        say(&format!("line {line}: refused, {why}"));
    }
    say(&format!("it would be: {}", usage_words(&planned)));
    let done = if is_dry_run {
        say("nothing was written");
        planned
    } else {
        let done = app.import_usage(organisation, file, credit_type, false).await?;
        say(&usage_words(&done));
        done
    };
    Ok(if done.refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

fn usage_words(imported: &UsageImported) -> String {
    let UsageImported {
        recorded,
        late,
        cost,
        credits: _,
        replayed,
        kept,
        refused,
    } = imported;
    let credits = imported.credits_text();
    let refused = refused.len();
    format!(
        "{recorded} counted ({late} late), costing {cost}, burning {credits} credits; {replayed} counted before; \
         {kept} kept aside; {refused} refused"
    )
}

fn difference(before: &Cells, after: &Cells) -> String {
    let text =
        |amount: Option<Credits>| amount.map_or_else(|| "none".to_owned(), |amount| amount.to_string());
    let change = |name: &str, was, is| format!("{name} {} → {}", text(was), text(is));
    let changes = [
        (after.monthly).map(|is| change("monthly", before.monthly, Some(is))),
        (after.extra).map(|is| change("extra", before.extra, Some(is))),
        (after.cap).map(|is| change("cap", before.cap.flatten(), is)),
    ];
    changes.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn say_unknown(columns: &[String]) {
    if !columns.is_empty() {
        say(&format!("unknown columns, ignored: {}", columns.join(", ")));
    }
}

fn say_tally(tally: Tally, is_dry_run: bool) -> ExitCode {
    let Tally {
        added,
        changed,
        unchanged,
        refused,
    } = tally;
    let would = if is_dry_run {
        "nothing was written; it would be: "
    } else {
        ""
    };
    say(&format!(
        "{would}{added} added, {changed} changed, {unchanged} unchanged, {refused} refused"
    ));
    if refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    }
}
