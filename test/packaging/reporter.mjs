/**
 * Reporter for `node --test`. It prints one line per test, the full error of each failure, and the totals on the last
 * line.
 */
// `node --test --test-reporter=<module>` uses the default export of the module.
// oxlint-disable-next-line import/no-default-export -- required by `node --test`
export default async function* report(events) {
  let passed = 0
  let failed = 0
  for await (const { type, data } of events) {
    if (type === 'test:diagnostic' && data.file) yield `        ${data.message}\n`
    if (type === 'test:stderr') yield data.message
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const isSuite = data.details.type === 'suite'
    if (type === 'test:pass') {
      if (!isSuite) yield `  ok    ${data.name}\n`
      passed += isSuite ? 0 : 1
    } else {
      const { error } = data.details
      // A suite with a failed test is not reported again. A suite that cannot run is reported.
      if (isSuite && error.failureType === 'subtestsFailed') continue
      yield `  FAIL  ${data.name}\n${indent(describe(error.cause ?? error))}\n`
      failed += 1
    }
  }
  yield `${passed} passed, ${failed} failed\n`
}

function describe(error) {
  return error.stack ?? String(error)
}

function indent(text) {
  return text.replace(/^/gm, '        ')
}
