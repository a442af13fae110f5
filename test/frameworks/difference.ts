import type { Outcome } from '../attacks/attack.ts'
import type { ExpectedOutcome } from '../contract/outcomes.ts'
import type { Framework } from './framework.ts'

/** Cases that have a different outcome on a framework, because a runtime changes their requests before the guard gets them. */
export interface Difference {
  /** The change. It completes a title: "..., but Bun refuses trailers". */
  readonly reason: string
  /** Outcomes of cases of the contract, by title. */
  readonly contract?: Readonly<Record<string, ExpectedOutcome>>
  /** Outcomes of attacks, by name. */
  readonly attacks?: Readonly<Record<string, Outcome>>
  /** Statuses of the responses to preflight requests, by the name of their origin. */
  readonly preflights?: Readonly<Record<string, number>>
}

/** Returns the outcome of a case of the contract on a framework, and the title of its test. */
export function adaptCase(framework: Framework, title: string, outcome: ExpectedOutcome) {
  return adapt(framework, title, outcome, ({ contract }) => contract?.[title])
}

/** Returns the outcome of an attack on a framework, and the title of its test without the outcome. */
export function adaptAttack(framework: Framework, name: string, outcome: Outcome) {
  return adapt(framework, name, outcome, ({ attacks }) => attacks?.[name])
}

/** Returns the status of the response to a preflight request, and the name of its origin with the reason of a difference. */
export function adaptPreflight(framework: Framework, origin: string, status: number) {
  return adapt(framework, origin, status, ({ preflights }) => preflights?.[origin])
}

function adapt<T>(
  { changes }: Framework,
  title: string,
  usual: T,
  find: (difference: Difference) => T | undefined,
): { readonly title: string; readonly outcome: T } {
  for (const difference of changes?.outcomes ?? []) {
    const outcome = find(difference)
    if (outcome !== undefined) return { title: `${title}, but ${difference.reason}`, outcome }
  }
  return { title, outcome: usual }
}
