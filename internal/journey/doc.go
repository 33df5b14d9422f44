// Package journey goes the whole way of a newcomer through the real program,
// with a real browser, as a person does: by mouse and keyboard. It also kills
// the program in the middle of its work. There is nothing here but tests.
//
// The pictures of the last run are in the folder screenshots, for people to
// look at. make gallery takes those of every sample page too.
package journey
