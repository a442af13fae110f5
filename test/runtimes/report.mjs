import { readFile } from 'node:fs/promises'

/** Counts the tests in a report in the JUnit format. A missing report has no tests. */
export async function countTests(report) {
  const tests = (await readFile(report, 'utf8').catch(() => '')).split('<testcase').slice(1)
  const passed = tests.filter((test) => !/<(?:failure|error|skipped)\b/.test(test)).length
  return { ran: tests.length, passed }
}

/**
 * Adds the number of failed tests to results of the same tests in several places. A test that one place omits
 * counts as a failure. A run that fails although its tests pass counts as at least one failure.
 */
export function addFailures(results) {
  const expected = Math.max(...results.map(({ ran }) => ran))
  return results.map((result) => {
    const { passed, hasFailed } = result
    return { ...result, failed: Math.max(expected - passed, hasFailed ? 1 : 0) }
  })
}
