//! What every operation shares: problems, request ids, headers, checked bodies and parameters, cursors, answers.
//! Nothing of an area lives here.

pub mod answer;
pub mod bounds;
pub mod csv;
pub mod cursor;
pub mod extract;
pub mod fallback;
pub mod headers;
pub mod problem;
pub mod request_id;
pub mod words;
