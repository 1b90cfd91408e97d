//! The live stream: that something changed, and where. The page reads again what it shows.

words! {
    /// A part of the product whose data changed.
    pub enum Area {
        /// Figures: allocations, spends, cycles, limits.
        Allocations,
        /// Credit requests.
        CreditRequests,
        /// Credit types, cycles and the organisation's settings.
        Settings,
        /// People.
        People,
        /// Groups.
        Groups,
        /// Threshold alerts.
        Alerts,
    }
}

view! {
    /// The data of a `change` event. Its `id` is the position to resume from, by `Last-Event-ID`.
    pub struct ChangeView {
        /// What changed since the event before; everything, when too much was missed.
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        pub areas: Vec<Area>,
    }
}
