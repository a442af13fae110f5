/**
 * Code that the examples share: APIs, clients and users, tokens, the basic steps, and the functions that run
 * and print steps.
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
  READ_ARCHIVE,
  REPORTS_API,
  REPORTS_API_CLIENT,
  WEB_APP,
} from './identities.ts'
export { getIdToken, getMachineToken, getRevokedToken, getUserToken } from './tokens.ts'
export type { DescribedToken } from './tokens.ts'
export { reportsFor } from './reports.ts'
export { listen } from './listen.ts'
export type { RunningApi } from './listen.ts'
export { startServers } from './start-servers.ts'
export type { RunningServers, StartApi } from './start-servers.ts'
export { BASIC_STEPS } from './basic-steps.ts'
export type { ApiRequest, ExpectedResponse, Servers, Step } from './step.ts'
export type { ApiResponse, StepResult } from './run-step.ts'
export { runSteps } from './run-steps.ts'
export { runResultSteps } from './result-steps.ts'
export type { ResultStep } from './result-steps.ts'
export { runBasicSteps, runExample } from './run-example.ts'
export { runProgram } from './run-program.ts'
export type { Program } from './run-program.ts'
export { curl, serve, waitForStopSignal } from './serve.ts'
export type { Addresses } from './serve.ts'
export { formatRefusal, formatStep } from './format.ts'
