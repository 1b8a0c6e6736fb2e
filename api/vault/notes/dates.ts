// When a note was created: what its front matter says, else the earliest time that is known of its file.

/** The names that Obsidian's plugins write; `date` is left out, for a meeting's is the day of the meeting. */
const names = new Set(['created', 'created_at', 'createdat', 'date created', 'date_created']);
const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?[ ]?(Z|[-+]\d\d:?\d\d)?)?$/;

/** Epoch seconds, or undefined where no field tells. A date is midnight, a time without a zone is taken as UTC. */
export function findStatedCreation(frontMatter: Record<string, unknown>): number | undefined {
  for (const [name, value] of Object.entries(frontMatter)) {
    const time =
      names.has(name.toLowerCase()) && typeof value === 'string' ? parseTime(value.trim()) : undefined;
    if (time !== undefined) {
      return time;
    }
  }
  return undefined;
}

function parseTime(text: string): number | undefined {
  const [, day = '', time = '00:00', seconds = ':00', zone = 'Z'] = written.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // V8 takes the 30th of February for a day in March.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) {
    return undefined;
  }
  const at = Date.parse(`${day}T${time}${seconds}${zone.replace(/^([-+]\d\d):?(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(at) ? undefined : Math.floor(at / 1000);
}
