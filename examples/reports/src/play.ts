import { play, told } from '@bearward/example-story'
import { setStage } from './stage.ts'
import { STORY } from './story.ts'

/** Plays the whole story and prints it. True where every answer was as told. */
export async function playWholeStory(): Promise<boolean> {
  const stage = await setStage()
  try {
    console.log(`The authorization server listens on ${stage.authorizationServer.issuer}`)
    console.log(`The reports API listens on ${stage.api.url}\n`)
    return await play(STORY, stage, (number, performance) =>
      told(number, performance, stage.takeRefusal()),
    )
  } finally {
    await stage.close()
  }
}
