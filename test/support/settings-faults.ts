// What loop-auth finds wrong with its settings.
import { parseConfig, SettingsRefused } from '../../auth/config.ts';

export function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsRefused) return error.faults;
    throw error;
  }
}
