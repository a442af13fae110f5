/**
 * What the examples have in common: the cast, the reports, and the story of who may come in, which an
 * API in any framework can be asked to play.
 *
 * @packageDocumentation
 */
export {
  ADA,
  AGENT,
  ARCHIVE,
  AUTHORIZATION_SERVER,
  CRON,
  INVOICES_API,
  MALLORY,
  PROBE,
  READ,
  READ_AND_ADMIN,
  REPORTS_API,
  REPORTS_API_CLIENT,
  WEB_APP,
} from './cast.ts'
export {
  idTokenCredential,
  machineCredential,
  revokedCredential,
  userCredential,
} from './credential.ts'
export type { Credential } from './credential.ts'
export { reportsFor } from './reports.ts'
export { listen } from './running-api.ts'
export type { RunningApi } from './running-api.ts'
export { play, playShortStory } from './play.ts'
export { SHORT_STORY } from './short-story.ts'
export type { ApiRequest, Expected, Stage, Step } from './step.ts'
export type { Answer, Performance } from './performance.ts'
export { explained, told } from './telling.ts'
export type { ExplainedRefusal } from './telling.ts'
