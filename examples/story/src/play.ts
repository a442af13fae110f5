import { startAuthorizationServer } from '@bearward/example-authorization-server'
import { AUTHORIZATION_SERVER } from './cast.ts'
import { perform } from './performance.ts'
import type { Performance } from './performance.ts'
import type { RunningApi } from './running-api.ts'
import { SHORT_STORY } from './short-story.ts'
import type { Stage, Step } from './step.ts'
import { conclusion, toldOnOneLine } from './telling.ts'

/** Plays a story step by step and prints it. True where every answer was as told. */
export async function play<S extends Stage>(
  story: readonly Step<S>[],
  stage: S,
  tell: (number: number, performance: Performance) => string,
): Promise<boolean> {
  const performances: Performance[] = []
  for (const [index, step] of story.entries()) {
    const performance = await perform(step, stage)
    performances.push(performance)
    console.log(tell(index + 1, performance))
  }
  console.log(conclusion(performances))
  return performances.every(({ differences }) => differences.length === 0)
}

/**
 * Starts the authorization server, and an API that trusts it, and plays the short story, a line a
 * step. True where every answer was as told.
 */
export async function playShortStory(
  startApi: (issuer: string) => Promise<RunningApi>,
): Promise<boolean> {
  const authorizationServer = await startAuthorizationServer(AUTHORIZATION_SERVER)
  let api: RunningApi | undefined
  try {
    api = await startApi(authorizationServer.issuer)
    return await play(SHORT_STORY, { authorizationServer, api }, toldOnOneLine)
  } finally {
    await Promise.all([api?.close(), authorizationServer.close()])
  }
}
