/* SPDX-License-Identifier: Apache-2.0 */
/* The records of all commands; each is beside its function. */
#ifndef LUCI_COMMANDS_H
#define LUCI_COMMANDS_H

#include "ctl/cli/command.h"

/* init_command.c */
extern const luci_command_t luci_command_init;

/* user_add_command.c, user_list_commands.c, user_change_commands.c, user_link_commands.c,
 * user_email_command.c, user_expire_command.c, user_attributes_command.c */
extern const luci_command_t luci_command_user_add;
extern const luci_command_t luci_command_user_show;
extern const luci_command_t luci_command_user_list;
extern const luci_command_t luci_command_user_passwd;
extern const luci_command_t luci_command_user_reset;
extern const luci_command_t luci_command_user_email;
extern const luci_command_t luci_command_user_rename;
extern const luci_command_t luci_command_user_set;
extern const luci_command_t luci_command_user_set_attributes;
extern const luci_command_t luci_command_user_disable;
extern const luci_command_t luci_command_user_enable;
extern const luci_command_t luci_command_user_approve;
extern const luci_command_t luci_command_user_expire;
extern const luci_command_t luci_command_user_delete;

/* session_commands.c */
extern const luci_command_t luci_command_session_list;
extern const luci_command_t luci_command_session_revoke;
extern const luci_command_t luci_command_session_revoke_all;

/* key_commands.c */
extern const luci_command_t luci_command_key_list;
extern const luci_command_t luci_command_key_add;
extern const luci_command_t luci_command_key_delete;

/* factor_commands.c */
extern const luci_command_t luci_command_factor_list;
extern const luci_command_t luci_command_factor_reset;

/* group_commands.c */
extern const luci_command_t luci_command_group_list;
extern const luci_command_t luci_command_group_add;
extern const luci_command_t luci_command_group_remove;

/* invite_commands.c */
extern const luci_command_t luci_command_invite_add;
extern const luci_command_t luci_command_invite_list;
extern const luci_command_t luci_command_invite_delete;

/* export_command.c */
extern const luci_command_t luci_command_export;

/* import_command.c */
extern const luci_command_t luci_command_import_htpasswd;

/* import_users_command.c */
extern const luci_command_t luci_command_import_users;

/* purge_command.c */
extern const luci_command_t luci_command_purge;

/* activity_command.c */
extern const luci_command_t luci_command_activity;

/* app_password_commands.c */
extern const luci_command_t luci_command_app_password_list;
extern const luci_command_t luci_command_app_password_delete;

/* passkey_commands.c */
extern const luci_command_t luci_command_passkey_list;
extern const luci_command_t luci_command_passkey_delete;

/* mail_commands.c */
extern const luci_command_t luci_command_mail_queue;
extern const luci_command_t luci_command_mail_test;

/* throttle_commands.c */
extern const luci_command_t luci_command_throttle_list;
extern const luci_command_t luci_command_throttle_clear;

/* hash_bench_command.c */
extern const luci_command_t luci_command_hash_bench;

#endif
