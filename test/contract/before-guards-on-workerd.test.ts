import { onWorkerd } from '../remote/on-workerd.ts'
import { describeCors } from './run-cross-origin.ts'
import { describeMetadata } from './run-resource-metadata.ts'

describeCors(onWorkerd)
describeMetadata(onWorkerd)
