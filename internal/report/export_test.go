package report

// ClassSQL lets the test compare the two forms of one definition.
const ClassSQL = classSQL
