import type { Reporter, TestModule } from 'vitest/node'

/** Prints the number of passed, failed and skipped tests as the last line of a run. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const states = modules.flatMap((module) => [
      // A file that cannot be loaded has no tests, but must be counted as a failure.
      ...(module.ok() || module.children.size > 0 ? [] : ['failed']),
      ...Array.from(module.children.allTests(), (test) => test.result().state as string),
    ])
    const count = (state: string) => states.filter((other) => other === state).length
    const skipped = count('skipped') + count('pending')
    const more = skipped === 0 ? '' : `, ${skipped} skipped`
    process.stdout.write(
      `\n${count('passed')} passed, ${count('failed') + errors.length} failed${more}\n`,
    )
  }
}
