import { FAILURE_ADVICE, type Failure } from './failure-advice.ts'
import { type AdvisedRefusal, findAdvice } from './find-advice.ts'
import { referTo } from './refer-to.ts'

/**
 * Returns advice for the log and for events: the change to make, and the place of the change. All texts are fixed and contain no
 * data of a token.
 */
export interface Advisor {
  readonly onRefusal: (refusal: AdvisedRefusal) => string
  readonly onFailure: (failure: Failure) => string
}

export const ADVISOR: Advisor = {
  onRefusal: findAdvice,
  onFailure: (failure) => FAILURE_ADVICE[failure],
}

/** Refers to the documentation, for resource servers without the part `advice`. */
export const REFERENCES: Advisor = {
  onRefusal: ({ reason }) => referTo(reason),
  onFailure: referTo,
}
