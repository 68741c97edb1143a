"""Our records as FHIR R4 resources: plain functions of plain values."""
