/**
 * A reporter for `node --test`: a line for every test, what went wrong in full, and at the end the one
 * line to look for.
 */
// `node --test --test-reporter=<module>` takes the default export of the module, and nothing else.
// oxlint-disable-next-line import/no-default-export -- the form in which a reporter has to come
export default async function* tally(events) {
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
      // A suite fails because a test in it has failed, which is told there, or because it could not run.
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
