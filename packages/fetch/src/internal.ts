/**
 * Parts of this adapter for `@bearward/mcp`. This module is not public API. It can change in every release, together with that
 * package.
 *
 * @packageDocumentation
 */
export { type Passage, toPassage } from './adapter.ts'
export { withHeaders } from './responses.ts'
export { findContext } from './wait-until.ts'
