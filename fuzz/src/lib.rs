//! What several fuzz targets need: texts put together from pieces, sources of bundles, small components, and second opinions that
//! share no code with what they judge.

pub mod journals;
pub mod opinion;
pub mod pieces;
pub mod sources;
pub mod written;
