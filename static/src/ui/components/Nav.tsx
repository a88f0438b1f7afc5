import { t } from "../i18n";
import { Icon, type IconName } from "./Icon";

export interface NavItem {
  href: string;
  icon: IconName;
  label: string;
  here: boolean;
  /** A number that wants attention, with the words for it. */
  badge?: { n: number; label: string } | undefined;
}

/** One list of links; CSS lays it out as a bar at the bottom (portrait) or a rail at the side (landscape). */
export function Nav({ items }: { items: readonly NavItem[] }) {
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      <ul class="bare">
        {items.map((item) => (
          <li key={item.href}>
            <a class="nav-link" href={item.href} {...(item.here ? { "aria-current": "page" as const } : {})}>
              <span class="nav-icon">
                <Icon name={item.icon} />
                {item.badge && item.badge.n > 0 && (
                  <span class="nav-badge num">
                    {item.badge.n}
                    <span class="vh"> {item.badge.label}</span>
                  </span>
                )}
              </span>
              <span>{item.label}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
