import type { Subject } from '@bearward/core'

export interface Report {
  readonly title: string
  /** The user whose report it is. */
  readonly owner: string
}

const REPORTS: readonly Report[] = [
  { title: 'Sales of the north', owner: 'user-ada' },
  { title: 'Sales of the south', owner: 'user-ben' },
  { title: 'Returns', owner: 'user-ada' },
]

/** A machine works with all reports, a user sees their own, and whoever is neither sees none. */
export function reportsFor(subject: Subject): readonly Report[] {
  switch (subject.kind) {
    case 'machine':
      return REPORTS
    case 'user':
      return REPORTS.filter((report) => report.owner === subject.id)
    case 'unknown':
      return []
  }
}
