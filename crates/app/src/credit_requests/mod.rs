//! Credit requests: asking, answering, deciding one or many, reading them.
//!
//! The requester's group, manager and standing are read anew each time; nothing of it is kept with a request.

mod decide;
mod desk;
mod line;
mod read;
mod submit;

pub use decide::{
    Approve, Decision, DecisionAnswer, DecisionItem, RequestDecided, RequestEffect, approve_credit_request,
    command_credit_request, decide_credit_requests,
};
pub use line::RequestLine;
pub use read::{
    EventLine, ListRequests, RequestDetail, count_credit_requests, get_credit_request, list_credit_requests,
};
pub use submit::{CreateCreditRequest, create_credit_request};
