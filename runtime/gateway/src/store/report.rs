//! What was found in images when they were made. It is kept for as long as an image's file may be there: a pull that finds the
//! file reads no layer again.

use shifter_gateway_types::rest::ImageReport;

use super::tables::{ReportRow, of_image};
use super::{Store, StoreError};

impl Store {
    /// Keeps the report of an image, in place of an older one.
    pub fn keep_report(&self, system: &str, id: &str, report: &ImageReport) -> Result<(), StoreError> {
        let report = serde_json::to_string(report)?;
        let row = ReportRow { system: system.to_owned(), id: id.to_owned(), report };
        self.write(|rows| rows.save(&row))
    }

    /// The report of an image.
    pub fn report(&self, system: &str, id: &str) -> Result<Option<ImageReport>, StoreError> {
        let row = self.read(|rows| rows.one::<ReportRow>(&of_image(system, id)))?;
        Ok(row.map(|row| serde_json::from_str(&row.report)).transpose()?)
    }
}
