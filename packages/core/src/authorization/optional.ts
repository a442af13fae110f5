import type { RequirementContext } from './requirement.ts'

export interface OptionalRequirement {
  /**
   * Lets a request without credentials pass as anonymous. Invalid credentials are still refused.
   *
   * @default false
   */
  readonly optional?: boolean
}

/** Reads `optional`: `true` if an anonymous caller may pass. */
export function readOptional(optional: unknown, { problems }: RequirementContext): boolean {
  if (optional !== undefined && typeof optional !== 'boolean') {
    problems.add('optional must be true or false.')
  }
  return optional === true
}
