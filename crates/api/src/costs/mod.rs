//! Cost tracking and threshold alerts.

mod convert;
mod export;
mod routes;
mod spooled;
mod workbook;

pub(crate) use convert::threshold_alert_view;
pub(crate) use routes::*;
