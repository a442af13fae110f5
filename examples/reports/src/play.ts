import { perform } from './performance.ts'
import type { Performance } from './performance.ts'
import { setStage } from './stage.ts'
import { STORY } from './story.ts'
import { conclusion, told } from './telling.ts'

/** Plays the whole story and prints it. True where every answer was as told. */
export async function play(): Promise<boolean> {
  const stage = await setStage()
  try {
    console.log(`The authorization server listens on ${stage.authorizationServer.issuer}`)
    console.log(`The reports API listens on ${stage.api.url}\n`)
    const performances: Performance[] = []
    for (const [index, step] of STORY.entries()) {
      const performance = await perform(step, stage)
      performances.push(performance)
      console.log(told(index + 1, performance))
    }
    console.log(conclusion(performances))
    return performances.every(({ differences }) => differences.length === 0)
  } finally {
    await stage.close()
  }
}
