import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type RunningWorker, startWorker } from '../support/workerd.ts'
import { API, authorizationServer } from './fixture.ts'

/**
 * Writes a snippet to a module and starts it in workerd. `name` is the name of the file: with the ending `.mts`, or without the
 * ending `.mjs`. The bindings `ISSUER` and `AUDIENCE` name the authorization server of the test and the API.
 * `durableObjects`: see `startWorker`.
 */
export function startSnippetAsWorker(
  name: string,
  code: string,
  bindings: Readonly<Record<string, string>> = {},
  durableObjects: Readonly<Record<string, string>> = {},
): Promise<RunningWorker> {
  const folder = new URL('../.snippets/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const entry = fileURLToPath(new URL(name.endsWith('.mts') ? name : `${name}.mjs`, folder))
  writeFileSync(entry, code)
  return startWorker({
    entry,
    durableObjects,
    bindings: { ISSUER: authorizationServer.issuer, AUDIENCE: API, ...bindings },
  })
}
