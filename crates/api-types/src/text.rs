//! Items of lists, for the document alone: the bound of a list's item has no other place.

/// A line of text.
#[derive(Debug, utoipa::ToSchema)]
#[schema(max_length = 1_000)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct Line(String);

/// A percentage of what somebody has.
#[derive(Debug, utoipa::ToSchema)]
#[schema(minimum = 1, maximum = 1_000)]
#[expect(dead_code, reason = "read by the document alone")]
pub struct Percent(u16);
